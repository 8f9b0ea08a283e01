"""The order of a probe: build under observation, warm up, measure, and explain what is missing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradlint.diagnostics import Diagnostic
from gradlint.probe import report
from gradlint.probe.accepting import reason_for, unmatched
from gradlint.probe.asking import apart, fitting, inputs, numeric, regardless, uncalled
from gradlint.probe.asking import model as models
from gradlint.probe.asking.measure import Measured, measure, strays
from gradlint.probe.asking.merging import merged
from gradlint.probe.asking.subject import Loss, Progress, Settings, Subject, construct, silent
from gradlint.probe.errors import ProbeError, described
from gradlint.probe.explaining.explain import explain
from gradlint.probe.recording import frames, hooks
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.preserve import process_preserved, values_of
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.walk import Found, variables_in, walk
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport

__all__ = ["Loss", "Progress", "Settings", "probe", "silent"]


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
    unregistered: dict[str, None] = {}
    with process_preserved(), hooks.gradients_looked_up(unregistered.setdefault):
        recorder = setup or Recorder()
        chosen.progress("building the model")
        model, made_inputs = construct(model_or_factory, recorder)
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

            def subject(settings: Settings) -> Subject:
                return Subject(model, with_inputs, settings, recorder, factory)

            if chosen.loss is None and uncalled.is_uncalled(model):
                return _probed(subject(uncalled.uncalled_settings(model, chosen, with_inputs)))
            if chosen.loss is None and fitting.has_own_step(model):
                found = _stepped(subject, chosen, model, with_inputs)
            elif chosen.loss is None and fitting.is_fitted(model, with_inputs):
                found = _probed(subject(fitting.compiled_settings(model, chosen)))
            else:
                found = _probed(subject(chosen))
            names = [each.path for each in (*found.variables, *found.untracked)]
            names += [each.name for each in found.untracked]
            names += [name for each in models.listed(model) for name in models.names_of(each.shown)]
            notes = tuple(_unregistered(each) for each in unregistered)
            return replace(found, unmatched=unmatched(chosen.accept, names), not_checked=(*found.not_checked, *notes))
        finally:
            restore()


def _stepped(
    subject: Callable[[Settings], Subject], chosen: Settings, model: Any, given: inputs.Maker | None
) -> ProbeReport:
    """A report for each gradient that the model's own `train_step` asks for, put together.

    Raises:
        ProbeError: the model could not be called, or its `train_step` fails on a batch with targets.
    """
    reason = "no inputs were given"
    if given is not None:
        requests = fitting.Requests()
        try:
            reports = [_probed(subject(requests.settings(chosen, 0)))]
        except ProbeError as error:
            if chosen.fitted or fitting.is_batch(model, given()):
                raise
            reason = str(error)
        else:
            reports += [
                _probed(subject(requests.settings(chosen, index)), warm=True)
                for index in range(1, len(requests.sources))
            ]
            return merged(reports, [each.trainable for each in models.listed(model)])
    plain = subject(chosen)
    plain.notes.append(
        NotChecked("model", f"its own `train_step`, which wants a batch as `fit` gives it, (x, y): {reason}")
    )
    return _probed(plain)


def _probed(subject: Subject, *, warm: bool = False, otherwise: bool = True) -> ProbeReport:
    was_built = bool(models.listed(subject.model)) and not warm
    if not warm:
        subject.settings.progress("first call")
        subject.warm_up()
    listed = subject.listed()
    if not listed and not subject.setup.created and not strays(subject, [], []):
        raise _nothing_to_ask(subject)
    subject.settings.progress("asking the tape")
    watched, measured = measure(subject, listed)
    found = walk(subject.model, subject.name)
    loose = strays(subject, listed, watched, found)
    if not listed and not loose:
        raise _nothing_to_ask(subject)
    if loose:
        first = measured
        watched, measured = measure(subject, [*listed, *loose])
        # What a call made for itself has its gradient in that call only.
        later = {id(variable) for variable in watched}
        measured.update((key, value) for key, value in first.items() if key in subject.made and key not in later)
    variables = [_variable(subject, each, measured, found) for each in listed]
    untracked = [_variable(subject, each, measured, found) for each in loose]
    if subject.settings.numeric and subject.failure is None:
        subject.settings.progress("comparing with finite differences")
        variables = _with_slopes(subject, listed, variables)
    subject.settings.progress("looking for causes")

    @functools.cache
    def twins() -> dict[str, Diagnostic]:
        return _twins(subject, variables) if was_built and subject.factory is None else {}

    whole = explain(
        subject, list(zip(listed, variables, strict=True)), list(zip(loose, untracked, strict=True)), found, twins
    )
    if subject.failure is not None and otherwise:
        whole = regardless.asked_regardless(whole, subject, lambda other: _probed(other, otherwise=False))
    if not subject.settings.per_layer:
        return whole
    if subject.failure is not None:
        note = NotChecked(subject.name, "its layers alone, since the call raised")
        return replace(whole, not_checked=(*whole.not_checked, note))
    subject.settings.progress("asking each layer alone")
    return apart.asked_apart(whole, subject, lambda part: _probed(part, warm=True))


def _with_slopes(
    subject: Subject, listed: Sequence[models.Listed], variables: Sequence[ProbedVariable]
) -> list[ProbedVariable]:
    asked = [each.trainable and each.gradient in (report.OK, report.ZERO) for each in variables]
    found = numeric.slopes(subject, listed, asked)
    subject.notes.extend(
        numeric.not_settled(variable.path)
        for each, variable, wanted in zip(listed, variables, asked, strict=True)
        if wanted and id(each.variable) not in found
    )
    return [
        replace(variable, slopes=found.get(id(each.variable))) for each, variable in zip(listed, variables, strict=True)
    ]


def _unregistered(operation: str) -> NotChecked:
    return NotChecked(
        "model",
        f"TensorFlow has no gradient for {operation}, so that the program's own tape raises LookupError where it comes "
        "to that; the weights were asked as if it gave None",
    )


def _nothing_to_ask(subject: Subject) -> ProbeError:
    return ProbeError(
        f"`{type(subject.model).__name__}` has no variables after its first call: there is no gradient to ask for"
    )


def _variable(
    subject: Subject, each: models.Listed, measured: dict[int, Measured], found: dict[int, Found]
) -> ProbedVariable:
    place = found.get(id(each.variable))
    path = place.path if place is not None else str(each.variable.name).split(":")[0]
    overwriting = subject.setup.overwriting(each.variable)
    if overwriting is not None and id(overwriting.owner) in found:
        path = f"{found[id(overwriting.owner)].path}.{overwriting.name}"
    gradient = measured.get(id(each.variable), Measured(report.NOT_TRAINED))
    accepted = reason_for((path, *models.names_of(each.shown)), subject.settings.accept)
    return ProbedVariable(
        path=path,
        name=str(each.shown.name),
        shape=tuple(each.variable.shape.as_list()),
        dtype=str(each.variable.dtype.name),
        trainable=each.trainable,
        gradient=gradient.gradient,
        norm=gradient.norm,
        accepted=accepted is not None,
        reason=accepted or "" if each.trainable else _why_not_trained(subject, each, found),
    )


def _why_not_trained(subject: Subject, each: models.Listed, found: dict[int, Found]) -> str:
    """Why no gradient is wanted: one that is frozen on purpose, or that keeps count, is no weight that was lost."""
    place = found.get(id(each.shown))
    holder = place.holder if place is not None else None
    if getattr(holder, "trainable", True) is False:
        return f"frozen: {'its layer' if models.keras_of(holder) is not None else 'it'} has `trainable=False`"
    if key_of(hooks.handle_of(each.variable)) in subject.setup.updated:
        return "updated by the call itself, as moving statistics are"
    return "made with `trainable=False`"


def _twins(subject: Subject, variables: Sequence[ProbedVariable]) -> dict[str, Diagnostic]:
    """The findings of a second model made from the first one's config, whose setup can be watched."""
    if models.keras_of(subject.model) is None:
        return {}
    given = subject.given

    def twin() -> Any:
        return models.config_twin(subject.model)

    try:
        seen = probe(twin, given, subject.settings)
    except Exception as error:  # noqa: BLE001 - told in `not_checked`; the statuses stand without it
        subject.notes.append(
            NotChecked(
                "model",
                f"it was built before, and its config makes no second one: {described(error)}",
            )
        )
        return {}
    if [(each.shape, each.gradient) for each in seen.variables] != [(each.shape, each.gradient) for each in variables]:
        return {}
    return {
        mine.path: its.diagnostic
        for mine, its in zip(variables, seen.variables, strict=True)
        if its.diagnostic is not None
    }
