"""Finds where a value leaves TensorFlow by asking TensorFlow to trace the call: there the trace fails."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from gradlint.probe.recording import hooks
from gradlint.probe.recording.frames import Mark, Moment


def failure(function: Callable[[], Any]) -> Moment | None:
    """The frames at which a symbolic tensor was asked for its value, or None where the call traces."""
    tf = hooks.tensorflow()
    try:
        tf.function(function, autograph=False).get_concrete_function()
    except Exception as error:  # noqa: BLE001 - whatever the user's code makes of a symbol is the answer
        return moment_of(error)
    return None


def moment_of(error: BaseException) -> Moment:
    """The frames of an exception's traceback, the innermost first."""
    marks = []
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        marks.append(Mark(traceback.tb_frame.f_code, traceback.tb_lasti, traceback.tb_lineno))
        traceback = traceback.tb_next
    return tuple(reversed(marks))
