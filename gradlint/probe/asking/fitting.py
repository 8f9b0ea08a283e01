"""What `fit` would differentiate: the loss of `compile`, or what a `train_step` of the model's own asks its tapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.asking import batches, inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.subject import Loss, Settings
from gradlint.probe.errors import ProbeError
from gradlint.probe.recording import frames, hooks, tapes
from gradlint.probe.recording.following import Following
from gradlint.probe.recording.frames import Moment
from gradlint.probe.recording.transparent import functions_run_eagerly

OPTIMIZING = ("apply_gradients", "apply")


@dataclass
class Requests:
    """The gradients that a `train_step` asks for, in its order: of which variables, and a loss for each set of them."""

    sources: list[frozenset[int]] = field(default_factory=list)
    """The variables of each request, by id, as the last run showed them."""
    tapes: list[frozenset[int]] = field(default_factory=list)
    """The tapes that each request was put to, by their number in a run."""
    answers: dict[int, Any] = field(default_factory=dict)
    """What the tapes of the last request gave, by the ids of the variables that they gave something."""
    unwatched: dict[int, Moment] = field(default_factory=dict)
    """Where the last request asked for variables that its tapes do not watch, by the ids of the variables."""
    _follower: Any = None
    _following: Following = field(default_factory=Following)

    def settings(self, chosen: Settings, index: int) -> Settings:
        """The settings that ask for one of the requests."""
        return replace(
            chosen,
            loss=self._loss(index),
            words=report.OF_TRAIN_STEP,
            under=lambda tape: self._recorded(tape, index),
            answers=lambda: self.answers,
            unwatched=lambda: self.unwatched,
            asked=lambda: self.sources[index] if index < len(self.sources) else None,
        )

    @contextmanager
    def _recorded(self, tape: Any, index: int) -> Iterator[Following]:
        """Let a tape record what those record that one of the requests is put to, as far as that is known."""
        before = self._following
        self._following = Following(tape, self.tapes[index] if index < len(self.tapes) else frozenset())
        try:
            yield self._following
        finally:
            self._following = before

    def _loss(self, index: int) -> Loss:
        def loss(model: Any, batch: Any) -> Any:
            following = self._following.again()
            asked: dict[frozenset[int], _Request] = {}
            with _observed(model, asked, following), following.on():
                model.train_step(batch)
            if index >= len(asked):
                raise ProbeError(
                    f"the `train_step` of `{type(model).__name__}` asks no tape for the gradient of a variable: "
                    "say what is trained (`loss=…`, or `--loss FILE:callable` on the command line)"
                )
            requests = list(asked.values())
            self.sources[:] = asked
            self.tapes[:] = [frozenset(each.tapes) for each in requests]
            self.answers, self.unwatched = requests[index].answers, requests[index].unwatched
            tf = hooks.tensorflow()
            return tf.add_n([tf.reduce_sum(tf.cast(each, tf.float32)) for each in requests[index].targets])

        return loss


@dataclass
class _Request:
    """What one run of a `train_step` asked for the gradients of one set of variables."""

    targets: list[Any] = field(default_factory=list)
    tapes: set[int] = field(default_factory=set)
    answers: dict[int, Any] = field(default_factory=dict)
    unwatched: dict[int, Moment] = field(default_factory=dict)


def is_fitted(model: Any, given: inputs.Maker | None) -> bool:
    """Whether the inputs are a batch as `fit` takes it, and the model was compiled with a loss for it."""
    if given is None or not _is_compiled(model):
        return False
    if getattr(model, "loss", None) is None and not models.has_own(model, "compute_loss"):
        return False
    return is_batch(model, given())


def has_own_step(model: Any) -> bool:
    """Whether `fit` would run a `train_step` of the model's own."""
    return _is_compiled(model) and models.has_own(model, "train_step")


def is_batch(model: Any, values: Any) -> bool:
    """Whether values are a batch with targets, as `fit` reads a tuple, and not several inputs of the model."""
    if not isinstance(values, tuple) or len(values) not in (2, 3):
        return False
    nest = hooks.tensorflow().nest
    symbols = inputs.symbols_of(model)
    if symbols is not None:
        return len(nest.flatten(values[0])) == len(nest.flatten(symbols))
    return models.takes_one(model) or isinstance(values[0], (tuple, list, dict))


def compiled_settings(model: Any, chosen: Settings) -> Settings:
    """The settings that ask for the loss of `compile`."""
    return replace(chosen, loss=batches.compiled_loss(model), words=report.OF_COMPILE)


def _is_compiled(model: Any) -> bool:
    return models.keras_of(model) is not None and bool(
        getattr(model, "compiled", False) or getattr(model, "_is_compiled", False)
    )


@contextmanager
def _observed(model: Any, asked: dict[frozenset[int], _Request], following: Following) -> Iterator[None]:
    """Note what tapes are asked for, and keep the optimizers from moving any weight."""
    tf = hooks.tensorflow()
    before = {id(each.variable) for each in models.listed(model)}

    def note(tape: Any, target: Any, sources: Any, answer: Any) -> None:
        members = [id(models.inner_variable(each)) for each in tf.nest.flatten(sources)]
        trained = before | {id(each.variable) for each in models.listed(model)}  # a first step may build layers
        variables = frozenset(members) & trained
        if variables:
            request = asked.setdefault(variables, _Request())
            request.targets.extend(each for each in tf.nest.flatten(target) if each is not None)
            request.tapes.add(following.number(tape))
            gradients = zip(members, tf.nest.flatten(answer), strict=True)
            request.answers.update((member, gradient) for member, gradient in gradients if gradient is not None)
            watched = {id(each) for each in tape.watched_variables()}
            if not tapes.watches_by_itself(tape):
                asking = frames.moment()[0]
                request.unwatched.update((each, asking) for each in members if each not in watched)

    still = [(each, name) for each in optimizers_of(model) for name in OPTIMIZING if hasattr(each, name)]
    for optimizer, name in still:
        object.__setattr__(optimizer, name, _nothing)
    try:
        with tapes.gradients_asked(note):
            if hasattr(model.train_step, "get_concrete_function"):
                with functions_run_eagerly():
                    yield
            else:
                yield
    finally:
        for optimizer, name in still:
            object.__delattr__(optimizer, name)


def optimizers_of(model: Any) -> list[Any]:
    """The optimizers that are attributes of the model, alone or in a list or a dict."""
    found: dict[int, Any] = {}
    for value in (*vars(model).values(), getattr(model, "optimizer", None)):
        members = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else (value,)
        found.update((id(each), each) for each in members if callable(getattr(each, "apply_gradients", None)))
    return list(found.values())


def _nothing(*_: object, **__: object) -> None:
    """No step is taken while a probe looks."""
