"""Holds the tape's gradient of each weight against the slope of the loss itself, by finite differences.

Everything is repeated from the same state: the values of all variables, and the random numbers. No magnitude decides;
the two slopes are only ever compared with each other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from gradlint.probe.asking import inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.subject import Subject, construct
from gradlint.probe.recording import hooks
from gradlint.probe.recording.preserve import process_preserved, random_state, values_of
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.walk import variables_in
from gradlint.probe.report import NotChecked, Slopes

SETTLED = 0.002
"""By how much the differences over one step and over two may differ, if they are to be believed: the loss may have a
corner there, or change by less than its last digit."""
SEED = 17
DIRECTIONS = 3
NEEDED = 2
"""In how many directions the slopes must differ. One that agrees settles the matter."""

TOO_COARSE = (
    "finite differences settle on no slope of the loss: it has corners there, or changes by less than its last digit"
)


def slopes(subject: Subject, listed: Sequence[models.Listed], asked: Sequence[bool]) -> dict[int, Slopes]:
    """Both slopes of every weight that is asked for, by its id, as far as finite differences settle on one."""
    double = _in_double(subject)
    other, members = double if double is not None else (subject, list(listed))
    if len(members) != len(listed):
        other, members = subject, list(listed)
    found: dict[int, Slopes] = {}
    restore = values_of(variables_in(other.model))
    again = random_state()

    def fresh() -> None:
        restore()
        again()
        hooks.tensorflow().random.set_seed(SEED)  # without a seed an operation draws on, whatever is put back

    try:
        for each, member, wanted in zip(listed, members, asked, strict=True):
            if wanted and each.trainable and each.variable.dtype.is_floating:
                pair = _compared(other, member.variable, fresh)
                if pair is not None:
                    found[id(each.variable)] = pair
    finally:
        fresh()
    return found


def _compared(subject: Subject, variable: Any, fresh: Callable[[], None]) -> Slopes | None:
    tf = hooks.tensorflow()
    fresh()
    tape = tf.GradientTape()
    with subject.recorded(tape):
        loss = subject.loss()
    gradient = tape.gradient(loss, variable)
    if gradient is None:
        return None
    gradient = tf.convert_to_tensor(gradient)
    fresh()
    value = variable.read_value()
    size = tf.maximum(tf.sqrt(tf.reduce_mean(tf.square(value))), 1.0)
    step = _epsilon(variable.dtype, loss.dtype) ** (1 / 3) * float(size)
    differing = None
    count = 0
    for index in range(DIRECTIONS):
        direction = tf.cast(tf.random.stateless_normal(value.shape, seed=(index, 13), dtype=tf.float64), value.dtype)
        direction /= tf.sqrt(tf.reduce_mean(tf.square(direction)))
        tapes = float(tf.reduce_sum(gradient * direction))

        def slope(length: float, direction: Any = direction) -> float:
            losses = []
            for sign in (1.0, -1.0):
                fresh()
                variable.assign(value + sign * length * direction)
                losses.append(float(subject.loss()))
            return (losses[0] - losses[1]) / (2 * length)

        near, far = slope(step), slope(2 * step)
        pair = Slopes(tapes, near)
        largest = max(abs(tapes), abs(near), abs(far))
        noise = _epsilon(variable.dtype, loss.dtype) * abs(float(loss)) / step
        if abs(near - far) > SETTLED * largest or noise > SETTLED * largest:
            continue
        if not pair.differ:
            return pair
        differing, count = differing or pair, count + 1
        if count >= NEEDED:
            break
    return differing if count >= NEEDED else None


def _epsilon(*dtypes: Any) -> float:
    """The relative distance of neighbouring numbers, of the coarsest of some types."""
    numpy = importlib.import_module("numpy")
    return max(float(numpy.finfo(dtype.as_numpy_dtype).eps) for dtype in dtypes)


def _in_double(subject: Subject) -> tuple[Subject, list[models.Listed]] | None:
    """A second model of the same factory in double precision, if it can be made and called so."""
    if subject.factory is None or subject.settings.asked is not None:
        return None
    tf = hooks.tensorflow()
    wide = _widened(subject.given)
    with process_preserved():
        try:
            hooks.keras().backend.set_floatx("float64")
            hooks.keras().mixed_precision.set_global_policy("float64")
            model, _ = construct(subject.factory, setup := Recorder())
            other = Subject(model, wide, subject.settings, setup, subject.factory)
            other.warm_up()
            loss = other.loss()
        except Exception:  # noqa: BLE001 - a model that names its own precision is asked in that
            return None
    members = other.listed()
    doubles = all(each.variable.dtype == tf.float64 for each in members if each.trainable)
    return (other, members) if doubles and loss.dtype == tf.float64 else None


def _widened(given: inputs.Maker) -> inputs.Maker:
    tf = hooks.tensorflow()

    def one(value: Any) -> Any:
        floats = isinstance(value, tf.Tensor) and value.dtype.is_floating
        if floats or str(getattr(value, "dtype", "")).startswith("float"):
            return tf.cast(value, tf.float64)
        return value

    return lambda: tf.nest.map_structure(one, given())


def not_settled(path: str) -> NotChecked:
    """What is said of a weight for which no slope could be found."""
    return NotChecked(path, TOO_COARSE)
