"""The order of a probe: build under observation, warm up, measure, and explain what is missing."""

from __future__ import annotations

import fnmatch
import gc
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradlint.diagnostics import Diagnostic
from gradlint.probe import causes, frames, hooks, inputs, report, trace
from gradlint.probe import model as models
from gradlint.probe.backward import Forward
from gradlint.probe.causes import Evidence, Suspect
from gradlint.probe.errors import ProbeError
from gradlint.probe.frames import Moment
from gradlint.probe.loss import default_loss
from gradlint.probe.preserve import process_preserved, random_state, values_of
from gradlint.probe.recorder import Recorder
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport
from gradlint.probe.walk import Found, variables_in, walk
from gradlint.rules import check
from gradlint.run import Journey, Listing, Phase, Run

Loss = Callable[[Any, Any], Any]
Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Nobody is waiting at a terminal."""


@dataclass(frozen=True)
class Settings:
    """How to run the model."""

    loss: Loss | None = None
    training: bool = True
    accept: tuple[str, ...] = ()
    progress: Progress = silent


@dataclass(frozen=True)
class Measured:
    """What the tape said of one variable on the second call."""

    gradient: str
    norm: float | None = None


@frames.border
def probe(
    model_or_factory: Any, given: Any = None, settings: Settings | None = None, setup: Recorder | None = None
) -> ProbeReport:
    """Probe a model, or the model that a factory makes.

    Raises:
        ProbeError: the model could not be made or called; the message says why.
    """
    chosen = settings or Settings()
    hooks.tensorflow()
    with process_preserved():
        recorder = setup or Recorder()
        chosen.progress("building the model")
        model, made_inputs = _construct(model_or_factory, recorder)
        models.check_backend(model)
        with_inputs = (
            inputs.maker(given if given is not None else made_inputs)
            if (given is not None or made_inputs is not None)
            else None
        )
        before = variables_in(model)
        for variable in before:
            recorder.know(variable)
        restore = values_of(before)
        try:
            factory = None if model is model_or_factory else model_or_factory
            return _Probe(model, with_inputs, chosen, recorder, factory).run()
        finally:
            restore()


@frames.border
def _run(function: Callable[[], Any]) -> Any:
    """The border: the frames inside are the program's."""
    return function()


def _construct(model_or_factory: Any, recorder: Recorder) -> tuple[Any, Any]:
    if models.is_model(model_or_factory):
        return model_or_factory, None
    if not callable(model_or_factory):
        raise ProbeError(
            f"cannot probe a `{type(model_or_factory).__name__}`: give a Keras layer or model, a `tf.Module`, "
            "or a function that returns one"
        )
    name = getattr(model_or_factory, "__name__", type(model_or_factory).__name__)
    try:
        with recorder.on(Phase.SETUP):
            made = _run(model_or_factory)
    except Exception as error:
        raise ProbeError(f"the factory `{name}` raised {_described(error)}") from error
    extra = None
    if isinstance(made, tuple) and len(made) == 2 and models.is_model(made[0]):
        made, extra = made
    if not models.is_model(made):
        raise ProbeError(
            f"the factory `{name}` returned a `{type(made).__name__}`: it must return a Keras layer or model, "
            "a `tf.Module`, or a pair of one and its inputs"
        )
    return made, extra


class _Probe:
    """One model being probed. Its methods run in the order in which they stand."""

    def __init__(
        self, model: Any, given: inputs.Maker | None, settings: Settings, setup: Recorder, factory: Any = None
    ) -> None:
        self.model = model
        self.given = given
        self.settings = settings
        self.setup = setup
        self.factory = factory
        self.was_built = bool(models.listed(model))
        self.dialect = models.dialect_of(model)
        self.failure: BaseException | None = None
        self.notes: list[NotChecked] = []
        self.made: dict[int, Moment] = {}
        """The variables that the measured calls made, by id, and where."""

    def run(self) -> ProbeReport:
        """Everything, from the first call to the report."""
        if self.given is None:
            self.given = inputs.from_model(self.model) if self._needs_inputs() else _nothing
        self.settings.progress("first call")
        self._warm_up()
        listed = models.listed(self.model)
        if not listed and not self.setup.created and not self._strays([], []):
            raise self._nothing_to_ask()
        self.settings.progress("asking the tape")
        watched, measured = self._measure(listed)
        found = walk(self.model)
        strays = self._strays(listed, watched, found)
        if not listed and not strays:
            raise self._nothing_to_ask()
        if strays:
            first = measured
            watched, measured = self._measure([*listed, *strays])
            # What a call made for itself has its gradient in that call only.
            later = {id(variable) for variable in watched}
            measured.update((key, value) for key, value in first.items() if key in self.made and key not in later)
        variables = [self._probed(each, measured, found) for each in listed]
        untracked = [self._probed(each, measured, found) for each in strays]
        self.settings.progress("looking for causes")
        return self._explained(listed, strays, variables, untracked, found)

    def _nothing_to_ask(self) -> ProbeError:
        return ProbeError(
            f"`{type(self.model).__name__}` has no variables after its first call: there is no gradient to ask for"
        )

    def _needs_inputs(self) -> bool:
        if self.settings.loss is not None and models.keras_of(self.model) is None:
            return False  # what the user's own loss does with a plain module is its affair
        return models.takes_inputs(self.model)

    def _inputs(self) -> Any:
        given = self.given
        if given is None:
            raise AssertionError("inputs are chosen before the first call")
        return given()

    def _loss(self) -> Any:
        values = self._inputs()
        own = self.settings.loss
        if own is not None:
            return _run(lambda: own(self.model, values))
        return default_loss(self.model, _run(lambda: models.call(self.model, values, self.settings.training)))

    def _warm_up(self) -> None:
        try:
            with self.setup.on(Phase.FIRST_CALL):
                self._loss()
        except ProbeError:
            raise
        except Exception as error:
            if not _is_out_of_scope(error):
                raise ProbeError(
                    f"`{type(self.model).__name__}` raised {_described(error)} when it was called with {self._shapes()}"
                ) from error
            self.failure = error
        # What the first call left behind must not answer the second from a cache.
        gc.collect()

    def _shapes(self) -> str:
        tf = hooks.tensorflow()
        shapes = [str(list(each.shape)) for each in tf.nest.flatten(self._inputs()) if hasattr(each, "shape")]
        return f"inputs of shape {', '.join(shapes)}" if shapes else "its inputs"

    def _measure(self, wanted: Sequence[models.Listed]) -> tuple[list[Any], dict[int, Measured]]:
        """A plain call under a plain tape: nothing that explains is switched on, so nothing of it can show.

        Only which variables the call makes is noted.
        """
        tf = hooks.tensorflow()
        trained = [each.variable for each in wanted if each.trainable]
        if self.failure is not None:
            return [], {id(variable): Measured(report.NONE) for variable in trained}
        try:
            with hooks.variables_created(self._note_made), tf.GradientTape() as tape:
                loss = self._loss()
        except ProbeError:
            raise
        except Exception as error:
            if not _is_out_of_scope(error):
                raise ProbeError(
                    f"the second call of `{type(self.model).__name__}` raised {_described(error)}"
                ) from error
            self.failure = error
            return [], {id(variable): Measured(report.NONE) for variable in trained}
        watched = list(tape.watched_variables())
        known = {id(variable) for variable in trained}
        trained += [each for each in watched if id(each) in self.made and id(each) not in known and _trains(each)]
        try:
            gradients = tape.gradient(loss, trained)
        except LookupError:
            gradients = self._one_by_one(trained)
        pairs = zip(trained, gradients, strict=True)
        return watched, {id(variable): _measured(gradient) for variable, gradient in pairs}

    def _note_made(self, variable: Any) -> None:
        self.made[id(variable)] = frames.moment()[0]

    def _remade(self, variable: Any) -> Moment | None:
        """Where the variable was made, if the first call and a later one each made one there."""
        earlier = {frames.user_frames(marks) for marks in self.setup.created.values()}
        if id(variable) in self.made:
            marks = self.made[id(variable)]
            return marks if frames.user_frames(marks) in earlier - {()} else None
        created = self.setup.created.get(id(hooks.handle_of(variable)), ())
        again = {frames.user_frames(marks) for marks in self.made.values()}
        return created if frames.user_frames(created) in again - {()} else None

    def _one_by_one(self, trained: Sequence[Any]) -> list[Any]:
        """Gradients where some operation on the way has none registered: only its weights are without."""
        tf = hooks.tensorflow()
        with tf.GradientTape(persistent=True) as tape:
            loss = self._loss()
        gradients = []
        for variable in trained:
            try:
                gradients.append(tape.gradient(loss, variable))
            except LookupError:
                gradients.append(None)
        return gradients

    def _strays(
        self, listed: Sequence[models.Listed], watched: Iterable[Any], found: dict[int, Found] | None = None
    ) -> list[models.Listed]:
        """Trainable variables that the model holds or reads, but does not list."""
        known = {id(each.variable) for each in listed}
        reached = found if found is not None else walk(self.model)
        candidates = [*watched]
        for reference in self.setup.variables.values():
            variable = reference()
            if variable is not None and id(variable) in reached:
                candidates.append(variable)
        for overwriting in self.setup.overwritings:
            variable = models.inner_variable(overwriting.before)
            if variable is not None and id(overwriting.owner) in reached and overwriting.lasts():
                candidates.append(variable)
        told = {frames.user_frames(marks) for each in listed if (marks := self._remade(each.variable)) is not None}
        strays: dict[int, models.Listed] = {}
        for variable in candidates:
            if frames.user_frames(self.made.get(id(variable), ())) in told:
                continue  # the one that an earlier call made at this line stands for all
            if id(variable) not in known and _trains(variable):
                strays[id(variable)] = models.Listed(variable, variable, trainable=True)
        return list(strays.values())

    def _probed(self, each: models.Listed, measured: dict[int, Measured], found: dict[int, Found]) -> ProbedVariable:
        place = found.get(id(each.variable))
        path = place.path if place is not None else str(each.variable.name).split(":")[0]
        overwriting = self.setup.overwriting(each.variable)
        if overwriting is not None and id(overwriting.owner) in found:
            path = f"{found[id(overwriting.owner)].path}.{overwriting.name}"
        gradient = measured.get(id(each.variable), Measured(report.NOT_TRAINED))
        return ProbedVariable(
            path=path,
            name=str(each.shown.name),
            shape=tuple(each.variable.shape.as_list()),
            dtype=str(each.variable.dtype.name),
            trainable=each.trainable,
            gradient=gradient.gradient,
            norm=gradient.norm,
            accepted=is_accepted(path, self.settings.accept),
        )

    def _explained(
        self,
        listed: Sequence[models.Listed],
        strays: Sequence[models.Listed],
        variables: list[ProbedVariable],
        untracked: list[ProbedVariable],
        found: dict[int, Found],
    ) -> ProbeReport:
        missing = any(each.gradient == report.NONE for each in (*variables, *untracked))
        wanted = missing or any(id(tensor) in found for tensor in self.setup.alive())
        forward = self._forward() if self.failure is None and wanted else None
        evidence = Evidence(self.setup, forward, found)
        twins = self._twins(variables) if missing and self.was_built and self.factory is None else {}
        journeys: list[Journey] = []
        said: list[Diagnostic] = []

        def explained(each: models.Listed, variable: ProbedVariable, listing: Listing) -> ProbedVariable:
            if not each.trainable:
                return variable
            suspect = self._suspect(each, variable, listing, found)
            remade = self._remade(each.variable)
            if remade is not None or self.setup.overwriting(each.variable) is not None:
                suspect = replace(suspect, listing=Listing.UNKNOWN)  # that explains why nothing lists it
            journey = self._journey(suspect, evidence)
            if remade is not None:
                way = causes.recreated_way(remade)
                journey = replace(journey, ways=(way,), weight=replace(journey.weight, created=way.stops[0].span))
            if not journey.ways and listing is Listing.LISTED and variable.gradient == report.NONE:
                journey = self._second_look(listed.index(each), variable, journey)
            diagnostics = list(check(Run((journey,), dialect=self.dialect, measured=True)))
            if not diagnostics and variable.gradient == report.NONE and variable.path in twins:
                twin = twins[variable.path]
                if not variable.accepted:
                    said.append(twin)
                return replace(variable, diagnostic=twin)
            if not variable.accepted:
                journeys.append(journey)
            if not diagnostics and (variable.gradient == report.NONE or listing is Listing.UNLISTED):
                self.notes.append(NotChecked(variable.path, self._looked_at(journey, listing)))
            return replace(variable, diagnostic=diagnostics[0] if diagnostics else None)

        told = tuple(explained(*pair, Listing.LISTED) for pair in zip(listed, variables, strict=True))
        loose = tuple(explained(*pair, Listing.UNLISTED) for pair in zip(strays, untracked, strict=True))
        said.extend(check(Run(tuple(journeys), dialect=self.dialect, measured=True)))
        diagnostics = sorted(dict.fromkeys(said), key=lambda each: each.sort_key)
        return ProbeReport(self.dialect, told, loose, tuple(diagnostics), tuple(self.notes))

    def _suspect(
        self, each: models.Listed, variable: ProbedVariable, listing: Listing, found: dict[int, Found]
    ) -> Suspect:
        place = found.get(id(each.variable))
        holder = f"`{type(self.model).__name__}`"
        shown = each.shown
        if place is not None and getattr(place.holder, "_value", None) is each.variable:
            shown = place.holder
        return Suspect(
            variable.path,
            variable.name.split(":")[0],
            each.variable,
            listing,
            holder if listing is Listing.UNLISTED else "",
            variable.gradient != report.NONE,
            shown,
        )

    def _forward(self) -> Forward | None:
        """One more call, operation by operation."""
        tf = hooks.tensorflow()
        tape = tf.GradientTape(persistent=True)
        recorder = Recorder(tape=tape, earlier=self.setup)
        try:
            with hooks.functions_run_eagerly(), tape, recorder.on(Phase.FORWARD):
                loss = self._loss()
        except Exception as error:  # noqa: BLE001 - told in `not_checked`; the statuses stand without it
            self.notes.append(NotChecked("model", f"the call that looks for causes raised {_described(error)}"))
            return None
        return Forward(recorder, loss, self.setup)

    def _journey(self, suspect: Suspect, evidence: Evidence) -> Journey:
        overwritten = causes.overwritten_way(suspect, evidence)
        if overwritten is not None:
            return replace(causes.journey(suspect, replace(evidence, forward=None)), ways=(overwritten,))
        if self.failure is not None:
            ways = causes.symbol_ways(suspect, evidence, trace.moment_of(self.failure))
            return replace(causes.journey(suspect, replace(evidence, forward=None)), ways=ways)
        journey = causes.journey(suspect, evidence)
        if journey.ways or suspect.has_gradient or evidence.forward is None:
            return journey
        leaving = causes.leaving_ways(suspect, evidence)
        if leaving and self._left_matters(suspect):
            return replace(journey, ways=leaving)
        if suspect.listing is Listing.UNLISTED:
            return journey  # that nobody lists it is finding enough, whether the loss uses it or not
        if not self._moves(suspect.variable):
            return replace(journey, ways=(causes.unused_way(suspect, evidence),))
        failure = trace.failure(self._loss)
        way = causes.traced_way(suspect, evidence, failure) if failure else None
        return replace(journey, ways=(way,)) if way is not None else journey

    def _second_look(self, index: int, variable: ProbedVariable, journey: Journey) -> Journey:
        """What a second model of the same factory shows, whose second call is the recorded one.

        A model that hands a tensor on from call to call lost the trace of it in the call that was measured.
        """
        if self.factory is None or self.failure is not None:
            return journey
        model, _ = _construct(self.factory, setup := Recorder())
        other = _Probe(model, self.given, self.settings, setup)
        other._warm_up()
        listed, found = models.listed(model), walk(model)
        forward = other._forward() if other.failure is None else None
        if index >= len(listed) or forward is None:
            return journey
        suspect = self._suspect(listed[index], variable, Listing.LISTED, found)
        return replace(causes.journey(suspect, Evidence(setup, forward, found)), weight=journey.weight)

    def _left_matters(self, suspect: Suspect) -> bool:
        """Whether the loss changes with what left TensorFlow in the setup: it may have left to be printed only."""
        created = list(self.setup.created)
        if self.factory is None or suspect.handle not in created:
            return True
        again = random_state()
        losses = []
        for disturbed in (None, None, created.index(suspect.handle)):
            again()
            setup = Recorder(disturbed=disturbed)
            model, _ = _construct(self.factory, setup)
            other = _Probe(model, self.given, self.settings, setup)
            other._warm_up()
            losses.append(other._loss())
        same, once_more, changed = (loss.numpy() for loss in losses)
        return bool(same != once_more or same != changed)

    def _moves(self, variable: Any) -> bool:
        """Whether the loss changes when the weight does."""
        tf = hooks.tensorflow()
        again = random_state()
        restore = values_of([variable])
        try:
            before = self._loss()
            again()
            variable.assign(variable * 1.01 + 0.01)
            after = self._loss()
        finally:
            restore()
        return bool(tf.reduce_any(before != after))

    def _looked_at(self, journey: Journey, listing: Listing) -> str:
        if self.failure is not None:
            return f"the call raised {_described(self.failure)}, so the tape could not be asked"
        if journey.weight.created is None and (self.factory is None or listing is Listing.UNLISTED):
            return (
                "the line that creates it was not seen, because the model was made before the probe: "
                "give the function that makes it instead of the model"
            )
        return (
            "the setup and one call were recorded operation by operation, and neither shows where its value leaves the "
            "way to the loss"
        )

    def _twins(self, variables: Sequence[ProbedVariable]) -> dict[str, Diagnostic]:
        """The findings of a second model made from the first one's config, whose setup can be watched."""
        if models.keras_of(self.model) is None:
            return {}
        given = self.given

        def twin() -> Any:
            return models.config_twin(self.model)

        try:
            seen = probe(twin, given, self.settings)
        except Exception as error:  # noqa: BLE001 - told in `not_checked`; the statuses stand without it
            self.notes.append(
                NotChecked(
                    "model",
                    f"it was built before, and its config makes no second one: {_described(error)}",
                )
            )
            return {}
        if [(each.shape, each.gradient) for each in seen.variables] != [
            (each.shape, each.gradient) for each in variables
        ]:
            return {}
        return {
            mine.path: its.diagnostic
            for mine, its in zip(variables, seen.variables, strict=True)
            if its.diagnostic is not None
        }


def _nothing() -> None:
    return None


def _trains(variable: Any) -> bool:
    return bool(variable.trainable and variable.dtype.is_floating)


def _measured(gradient: Any) -> Measured:
    tf = hooks.tensorflow()
    if gradient is None:
        return Measured(report.NONE)
    dense = tf.convert_to_tensor(gradient)
    norm = float(tf.norm(tf.cast(dense, tf.float64) if not dense.dtype.is_complex else tf.abs(dense)))
    if norm != norm or norm in (float("inf"), float("-inf")):
        return Measured(report.NONFINITE, norm)
    return Measured(report.ZERO if norm == 0 else report.OK, norm)


def is_accepted(path: str, patterns: Sequence[str]) -> bool:
    """Whether a glob matches the path. Brackets are indices here, not sets of characters."""
    return any(fnmatch.fnmatchcase(path, re.sub(r"\[", "[[]", pattern)) for pattern in patterns)


def _is_out_of_scope(error: BaseException) -> bool:
    """Whether a symbolic tensor outlived the graph that it belongs to."""
    return type(error).__name__ == "InaccessibleTensorError" or "out of scope" in str(error)


def _described(error: BaseException) -> str:
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
