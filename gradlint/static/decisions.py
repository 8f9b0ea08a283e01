"""What a weight only decides: which branch runs, how often a loop does, what is taken of something."""

from __future__ import annotations

from gradlint.run import Kind
from gradlint.static.machine import Machine
from gradlint.static.reading import operate_cutting
from gradlint.static.values import Opaque, Place, Reference, Tensor, Union, Value


def note_decision(machine: Machine, value: Value, place: Place) -> None:
    """Note that what was computed from weights decides something in the forward phase: no gradient passes that."""
    if not machine.tapes:
        return
    for part in _parts(value):
        for origin in operate_cutting(machine, place, (part,), Kind.LEAVES_TENSORFLOW, "bool").origins:
            if origin.tapes and not (origin.unknown or origin.doubtful):
                origin.variable.decisions.setdefault(origin.tapes, origin)


def _parts(value: Value) -> tuple[Value, ...]:
    if isinstance(value, (Reference, Tensor)):
        return (value,)
    if isinstance(value, Union):
        return tuple(part for one in value.alternatives for part in _parts(one))
    return value.parts if isinstance(value, Opaque) and all(isinstance(one, Tensor) for one in value.parts) else ()
