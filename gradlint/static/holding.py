"""The weights that a value holds, through whatever holds them there."""

from __future__ import annotations

from gradlint.static.values import Carrier, Container, Instance, LibraryObject, Reference, Union, Value

LISTS_OF_WEIGHTS = frozenset({"trainable_variables", "trainable_weights", "variables", "weights"})
"""The attributes under which layers, models and modules list their weights."""


def weights_of(value: Value) -> list[Reference]:
    """The weights that a value holds, through whatever holds them there."""
    found: list[Reference] = []
    _collect(value, found, set())
    return found


def _collect(value: Value, found: list[Reference], seen: set[int]) -> None:
    if isinstance(value, Reference):
        if not any(known.variable is value.variable for known in found):
            found.append(value.whole())
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Carrier):
        parts: list[Value] = [member for _, member in value.members]
    elif isinstance(value, Container):
        parts = list(value.values())
    elif isinstance(value, Instance):
        parts = list(value.attributes.values())
    elif isinstance(value, LibraryObject):
        parts = [*value.arguments, *value.weights]
    elif isinstance(value, Union):
        parts = list(value.alternatives)
    else:
        parts = []
    for part in parts:
        _collect(part, found, seen)
