"""A model under observation: how it is made, called and asked for its loss."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.accepting import Accepted
from gradlint.probe.asking import inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.loss import default_loss, differentiable
from gradlint.probe.errors import ProbeError, described, with_article
from gradlint.probe.recording import frames, hooks
from gradlint.probe.recording.backward import Forward
from gradlint.probe.recording.following import Following
from gradlint.probe.recording.frames import Moment
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.transparent import opened
from gradlint.probe.recording.walk import Found
from gradlint.probe.report import NotChecked
from gradlint.run import Phase

Loss = Callable[[Any, Any], Any]
Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Nobody is waiting at a terminal."""


@dataclass(frozen=True)
class Settings:
    """How to run the model."""

    loss: Loss | None = None
    training: bool = True
    accept: Accepted = ()
    progress: Progress = silent
    numeric: bool = False
    """Whether to hold every gradient against finite differences of the loss, too."""
    per_layer: bool = False
    """Whether to ask each layer alone, too."""
    fitted: bool = False
    """Whether the inputs are a batch that `fit` was given, whatever they look like."""
    words: str = report.GIVEN
    """What kind of loss `loss` is, in the report's words."""
    under: Callable[[Any], AbstractContextManager[Following]] | None = None
    """How a tape records a call that brings its own tape; without it the tape records all of the call."""
    answers: Callable[[], dict[int, Any]] | None = None
    """What the program's own tape gave in the last call, by the ids of the variables that it gave something."""
    unwatched: Callable[[], dict[int, Moment]] | None = None
    """Where the last call asked the program's own tape for variables that it does not watch, by their ids."""
    asked: Callable[[], frozenset[int] | None] | None = None
    """The variables, by id, that the program asks a gradient of for this loss; else those that the model lists."""


@frames.border
def run_program(function: Callable[[], Any]) -> Any:
    """The border: the frames inside are the program's."""
    return function()


def name_of(function: Any) -> str:
    """What the program calls a function, or the class of an object that is called like one."""
    return str(getattr(function, "__name__", type(function).__name__))


def construct(model_or_factory: Any, recorder: Recorder) -> tuple[Any, Any]:
    """A model and, where its factory makes them too, its inputs.

    Raises:
        ProbeError: the factory raised, or what it made is no model.
    """
    if models.is_model(model_or_factory):
        return model_or_factory, None
    if not callable(model_or_factory):
        raise ProbeError(
            f"cannot probe {with_article(type(model_or_factory).__name__)}: give a Keras layer or model, a "
            "`tf.Module`, an object that lists its `trainable_variables`, or a function that returns one"
        )
    name = name_of(model_or_factory)
    try:
        with recorder.on(Phase.SETUP):
            made = run_program(model_or_factory)
    except ProbeError:
        raise
    except Exception as error:
        raise ProbeError(f"the factory `{name}` raised {described(error)}") from error
    extra = None
    if isinstance(made, tuple) and len(made) == 2 and models.is_model(made[0]):
        made, extra = made
    if not models.is_model(made):
        raise ProbeError(
            f"the factory `{name}` returned {with_article(type(made).__name__)}: it must return a Keras layer or "
            "model, a `tf.Module`, an object that lists its `trainable_variables`, or a pair of one and its inputs"
        )
    return made, extra


class Subject:
    """One model being probed."""

    def __init__(
        self,
        model: Any,
        given: inputs.Maker | None,
        settings: Settings,
        setup: Recorder,
        factory: Any = None,
        name: str = "model",
    ) -> None:
        self.model = model
        self.name = name
        self.settings = settings
        self.setup = setup
        self.factory = factory
        self.dialect = models.dialect_of(model)
        self.failure: BaseException | None = None
        """What the call raised, where a symbol that outlived its graph is the finding."""
        self.notes: list[NotChecked] = []
        self.made: dict[int, Moment] = {}
        """The variables that the measured calls made, by id, and where."""
        self.watched: set[int] = set()
        """The variables that the measured call read, by id."""
        self.replicas: Moment | None = None
        """Where the measured call ran replicas in threads of their own, which its tape does not record."""
        if given is None:
            given = inputs.from_model(model) if self._needs_inputs() else _nothing
        self.given = given

    def _needs_inputs(self) -> bool:
        if self.settings.loss is not None and models.keras_of(self.model) is None:
            return False  # what the user's own loss does with a plain module is its affair
        return models.takes_inputs(self.model)

    def listed(self) -> list[models.Listed]:
        """The variables that the model lists. Those that the loss is not for are not trained by it."""
        listed = models.listed(self.model)
        asked = self.settings.asked() if self.settings.asked is not None else None
        if asked is None:
            return listed
        return [each if id(each.variable) in asked else replace(each, trainable=False) for each in listed]

    def loss(self) -> Any:
        """The loss of one call, with fresh inputs."""
        values = self.given()
        own = self.settings.loss
        if own is not None:
            return differentiable(run_program(lambda: own(self.model, values)), name_of(own))
        return default_loss(self.model, run_program(lambda: models.call(self.model, values, self.settings.training)))

    @contextmanager
    def recorded(self, tape: Any) -> Iterator[Following | None]:
        """Let a tape record the calls in the block: of one that brings its own tape, what that one records."""
        with tape:
            if self.settings.under is None:
                yield None
            else:
                with self.settings.under(tape) as following:
                    yield following

    def warm_up(self) -> None:
        """The first call, which builds what is not built yet.

        Raises:
            ProbeError: it raised.
        """
        try:
            with self.setup.on(Phase.FIRST_CALL):
                self.loss()
        except ProbeError:
            raise
        except Exception as error:
            if not is_out_of_scope(error):
                raise ProbeError(
                    f"{self.called} raised {described(error)} when it was called with {self._shapes()}"
                ) from error
            self.failure = error
        # What the first call left behind must not answer the second from a cache.
        gc.collect()

    @property
    def called(self) -> str:
        """What the program calls what runs in a call: the loss that the user gave, or the model."""
        own = self.settings.loss
        if own is not None and self.settings.words == report.GIVEN:
            return f"the loss `{name_of(own)}`"
        return f"`{type(self.model).__name__}`"

    def _shapes(self) -> str:
        tf = hooks.tensorflow()
        shapes = [str(list(each.shape)) for each in tf.nest.flatten(self.given()) if hasattr(each, "shape")]
        values = f"inputs of shape {', '.join(shapes)}" if shapes else "its inputs"
        return f"the model and {values}" if self.called.startswith("the loss") else values

    def forward(self, found: dict[int, Found]) -> Forward | None:
        """One more call, operation by operation, of a model that holds the objects `found`."""
        tf = hooks.tensorflow()
        tape = tf.GradientTape(persistent=True)
        recorder = Recorder(tape=tape, earlier=self.setup, copies=models.copies_in(found))
        try:
            with opened(tape), self.recorded(tape) as following, recorder.on(Phase.FORWARD):
                recorder.is_outside = following.is_outside if following is not None else None
                for kept in filter(hooks.is_differentiable, self.setup.alive()):
                    tape.watch(kept)
                    recorder.watched[id(kept)] = kept
                loss = self.loss()
        except Exception as error:  # noqa: BLE001 - told in `not_checked`; the statuses stand without it
            self.notes.append(NotChecked("model", f"the call that looks for causes raised {described(error)}"))
            return None
        return Forward(recorder, loss, self.setup)


def _nothing() -> None:
    return None


def is_out_of_scope(error: BaseException) -> bool:
    """Whether a symbolic tensor outlived the graph that it belongs to."""
    return type(error).__name__ == "InaccessibleTensorError" or "out of scope" in str(error)
