"""Runs the program again with something changed, where what was recorded leaves a question open."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.probe.asking import model as models
from gradlint.probe.asking.subject import Subject, construct
from gradlint.probe.recording import hooks
from gradlint.probe.recording.backward import Forward
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.preserve import forget_kernels, random_state, values_of
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.transparent import run_plainly
from gradlint.probe.recording.walk import Found, variables_in, walk
from gradlint.run import Phase

ROUNDING = 1e-5
"""What terms that cancel may leave of each other, at other values than those where they cancelled exactly."""

DISTURBANCES = (0.01, 1.0)
"""How much what leaves TensorFlow is changed: a little, and so much that a whole number made of it is another one."""


@dataclass(frozen=True)
class Second:
    """A second model of the same factory, and its second call."""

    subject: Subject
    listed: list[models.Listed]
    found: dict[int, Found]
    forward: Forward


class Trials:
    """What is asked of one subject; the answers are remembered, since many weights raise the same question."""

    def __init__(self, subject: Subject, lost: Iterable[Any], forward: Forward | None) -> None:
        self.subject = subject
        self.unread = [each for each in lost if forward is not None and not _is_read(each, forward)]
        """The variables without a gradient that the loss was not seen to use."""
        self._moving: dict[int, bool] = {}

    def moves(self, variable: Any) -> bool:
        """Whether the loss changes when the weight does."""
        if id(variable) not in self._moving:
            together = any(each is variable for each in self.unread)
            self._try(self.unread if together else [variable])
        return self._moving[id(variable)]

    def _try(self, variables: Sequence[Any]) -> None:
        """Change all of them at once, and halves only if that shows: there may be a thousand that nothing uses."""
        moving = _moves(self.subject, variables)
        if moving and len(variables) > 1:
            half = len(variables) // 2
            self._try(variables[:half])
            self._try(variables[half:])
        else:
            self._moving.update((id(each), moving) for each in variables)

    def stays_zero(self, variable: Any) -> bool:
        """Whether the gradient is zero at other values of the weights, too: initial values may cancel by chance."""
        tf = hooks.tensorflow()
        again = random_state()
        weights = [each for each in variables_in(self.subject.model) if each.trainable and each.dtype.is_floating]
        restore = values_of(weights)
        try:
            _change(weights)
            again()
            tape = tf.GradientTape()
            with self.subject.recorded(tape):
                loss = self.subject.loss()
            gradient = tape.gradient(loss, variable)
        finally:
            restore()
        return gradient is None or not bool(tf.reduce_any(tf.abs(tf.convert_to_tensor(gradient)) > ROUNDING))

    def left_matters(self, handle: int) -> bool:
        """Whether the loss changes with what left TensorFlow of a weight: it may have left to be printed only."""
        created = list(self.subject.setup.created)
        if self.subject.factory is None or handle not in created:
            return True
        same, once_more = self._left_alone
        try:
            return bool(same != once_more) or any(
                same != self._loss_of_another(created.index(handle), size) for size in DISTURBANCES
            )
        except Exception:  # noqa: BLE001 - an index out of range, a loop that fails: it is used
            return True

    @functools.cached_property
    def _left_alone(self) -> tuple[Any, Any]:
        return self._loss_of_another(None), self._loss_of_another(None)

    def _loss_of_another(self, disturbed: int | None, size: float = 0.0) -> Any:
        self._again()
        setup = Recorder(disturbed=disturbed, disturbance=size)
        model, _ = construct(self.subject.factory, setup)
        other = Subject(model, self.subject.given, self.subject.settings, setup)
        with run_plainly():
            other.warm_up()
            with setup.on(Phase.FORWARD):
                loss = other.loss()
        return loss.numpy()

    @functools.cached_property
    def _again(self) -> Callable[[], None]:
        return random_state()

    @functools.cached_property
    def second(self) -> Second | None:
        """A second model of the same factory, if there is one to ask."""
        if self.subject.factory is None or self.subject.failure is not None:
            return None
        model, _ = construct(self.subject.factory, setup := Recorder())
        other = Subject(model, self.subject.given, self.subject.settings, setup)
        other.warm_up()
        forward = other.forward(walk(model)) if other.failure is None else None
        return Second(other, models.listed(model), walk(model), forward) if forward is not None else None


def _is_read(variable: Any, forward: Forward) -> bool:
    handle = key_of(hooks.handle_of(variable))
    return bool(forward.reading(handle) or forward.uses_of(handle))


def _moves(subject: Subject, variables: Sequence[Any]) -> bool:
    tf = hooks.tensorflow()
    again = random_state()
    restore = values_of(variables)
    before = subject.loss()

    def differs(changed: Sequence[Any]) -> bool:
        again()
        try:
            _change(changed)
            return bool(tf.reduce_any(before != subject.loss()))
        finally:
            restore()

    if not differs(variables):
        return False
    if not differs([]):
        return True
    # An operation with a seed of its own goes on to other numbers with every call, until it is forgotten.
    forget_kernels()
    before = subject.loss()
    forget_kernels()
    return differs(variables)


def _change(variables: Sequence[Any]) -> None:
    """Change values a little, each number in its own way: equal steps may change nothing."""
    tf = hooks.tensorflow()
    for number, each in enumerate(variables):
        noise = tf.random.stateless_uniform(each.shape, (number, 11), 0.9, 1.1)
        each.assign(each * tf.cast(noise, each.dtype) + tf.cast(0.03 * noise, each.dtype))
