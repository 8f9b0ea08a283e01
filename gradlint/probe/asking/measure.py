"""Asks the tape: what each variable got on the second call, and which the model reads but does not list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.probe import report
from gradlint.probe.asking import model as models
from gradlint.probe.asking.subject import Subject, is_out_of_scope
from gradlint.probe.errors import ProbeError, described
from gradlint.probe.recording import frames, hooks
from gradlint.probe.recording.frames import Moment
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.walk import Found, walk


@dataclass(frozen=True)
class Measured:
    """What the tape said of one variable on the second call."""

    gradient: str
    norm: float | None = None


def measure(subject: Subject, wanted: Sequence[models.Listed]) -> tuple[list[Any], dict[int, Measured]]:
    """A plain call under a plain tape: nothing that explains is switched on, so nothing of it can show.

    Only which variables the call makes is noted. Gives the variables that it read, and what each got by its id.

    Raises:
        ProbeError: the call raised.
    """
    tf = hooks.tensorflow()
    trained = [each.variable for each in wanted if each.trainable]
    if subject.failure is not None:
        return [], {id(variable): Measured(report.NONE) for variable in trained}

    def note_made(variable: Any) -> None:
        subject.made[id(variable)] = frames.moment()[0]

    def note_replicas() -> None:
        subject.replicas = frames.moment()[0]

    tape = tf.GradientTape()
    try:
        with hooks.variables_created(note_made), hooks.replicas_run_eagerly(note_replicas), subject.recorded(tape):
            loss = subject.loss()
    except ProbeError:
        raise
    except Exception as error:
        if not is_out_of_scope(error):
            raise ProbeError(f"the second call of {subject.called} raised {described(error)}") from error
        subject.failure = error
        return [], {id(variable): Measured(report.NONE) for variable in trained}
    watched = list(tape.watched_variables())
    subject.watched = {id(variable) for variable in watched}
    known = {id(variable) for variable in trained}
    trained += [each for each in watched if id(each) in subject.made and id(each) not in known and _trains(each)]
    pairs = zip(trained, tape.gradient(loss, trained), strict=True)
    found = {id(variable): measured(gradient) for variable, gradient in pairs}
    if subject.settings.answers is not None:
        own = subject.settings.answers()
        found = {key: _as_answered(mine, measured(own.get(key))) for key, mine in found.items()}
    return watched, found


def _as_answered(mine: Measured, own: Measured) -> Measured:
    """What counts where the program asked its own tape, which may watch less, and whose run ours may have missed."""
    if own.gradient == report.NONE or (mine.gradient == report.NONE and own.gradient != report.ZERO):
        return own
    return mine


def remaking(subject: Subject) -> Callable[[Any], Moment | None]:
    """What tells where a variable was made, if the first call and a later one each made one there."""
    earlier = subject.setup.creations - {()}
    later = {frames.user_frames(marks) for marks in subject.made.values()} - {()}

    def remade(variable: Any) -> Moment | None:
        if id(variable) in subject.made:
            marks = subject.made[id(variable)]
            return marks if frames.user_frames(marks) in earlier else None
        created = subject.setup.created.get(key_of(hooks.handle_of(variable)), ())
        return created if frames.user_frames(created) in later else None

    return remade


def strays(
    subject: Subject, listed: Sequence[models.Listed], watched: Iterable[Any], found: dict[int, Found] | None = None
) -> list[models.Listed]:
    """Trainable variables that the model holds or reads, but does not list."""
    known = {id(each.variable) for each in listed}
    reached = found if found is not None else walk(subject.model)
    # Of the copies that a strategy keeps on its devices, the first stands for all.
    known.update(id(copy) for each in reached.values() for copy in hooks.copies_in(each.value)[1:])
    candidates = [*watched]
    for reference in subject.setup.variables.values():
        variable = reference()
        if variable is not None and id(variable) in reached:
            candidates.append(variable)
    for overwriting in subject.setup.overwritings:
        variable = models.inner_variable(overwriting.before)
        if variable is not None and id(overwriting.owner) in reached and overwriting.lasts():
            candidates.append(variable)
    remade = remaking(subject)
    told = {frames.user_frames(marks) for each in listed if (marks := remade(each.variable)) is not None}
    loose: dict[int, models.Listed] = {}
    for variable in candidates:
        if frames.user_frames(subject.made.get(id(variable), ())) in told:
            continue  # the one that an earlier call made at this line stands for all
        if key_of(hooks.handle_of(variable)) in subject.setup.updated:
            continue  # the state of a recurrent layer, a running average: the call itself says what becomes of it
        if id(variable) in reached and models.lists_nothing(reached[id(variable)].holder):
            continue
        if id(variable) not in known and _trains(variable):
            loose[id(variable)] = models.Listed(variable, variable, trainable=True)
    return list(loose.values())


def _trains(variable: Any) -> bool:
    return bool(variable.trainable and variable.dtype.is_floating)


def measured(gradient: Any) -> Measured:
    """What a gradient is worth saying: there, zero, not finite or none, and its norm."""
    tf = hooks.tensorflow()
    if gradient is None:
        return Measured(report.NONE)
    dense = tf.convert_to_tensor(gradient)
    norm = float(tf.norm(tf.cast(dense, tf.float64) if not dense.dtype.is_complex else tf.abs(dense)))
    if norm != norm or norm in (float("inf"), float("-inf")):
        return Measured(report.NONFINITE, norm)
    return Measured(report.ZERO if norm == 0 else report.OK, norm)
