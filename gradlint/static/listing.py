"""Which variables an object lists in its `trainable_variables`, by dialect."""

from __future__ import annotations

from gradlint.run import Dialect
from gradlint.static.attributes import weights_of
from gradlint.static.hosts import Host, host_of, linear_bases
from gradlint.static.knowledge import starts_among
from gradlint.static.machine import Machine
from gradlint.static.values import (
    Carrier,
    Container,
    Flavour,
    Instance,
    LibraryObject,
    Opaque,
    Reference,
    Symbol,
    Union,
    Value,
    Variable,
)

FUNCTIONAL = "keras.Model"
"""A functional model: what it lists depends on how it was drawn."""


def listed_variables(machine: Machine, root: Instance, host: Host) -> frozenset[Variable] | None:
    """The variables that `root` lists, or None where its kind does not tell."""
    if host not in (Host.KERAS, Host.MODULE) or any(map(_lists_nothing, linear_bases(root.type))):
        return None
    found: set[Variable] = set()
    if not _walk(machine, root, host is Host.KERAS, found, set()):
        return None
    return frozenset(found)


def _lists_nothing(base: Value) -> bool:
    """Whether a base has no `trainable_variables`: what its heirs hold is trained by hand, or is not meant to be."""
    return isinstance(base, Symbol) and starts_among("lists_no_variables_prefixes", base.name)


def _walk(machine: Machine, value: Value, by_keras: bool, found: set[Variable], seen: set[int]) -> bool:
    """Add what is listed through `value`; false where something in it cannot be seen through."""
    if isinstance(value, Reference):
        by_any = value.variable.flavour is Flavour.KERAS_3 or not by_keras
        if by_any or machine.dialect is not Dialect.KERAS_3:
            found.add(value.variable)
        return True
    if id(value) in seen:
        return True
    seen.add(id(value))
    if isinstance(value, Instance):
        return _walk_instance(machine, value, by_keras, found, seen)
    if isinstance(value, Container):
        parts: list[Value] = list(value.values())
    elif isinstance(value, Carrier):
        if by_keras and machine.dialect is Dialect.KERAS_3:
            return True
        parts = [member for _, member in value.members]
    elif isinstance(value, Union):
        parts = list(value.alternatives)
    elif isinstance(value, LibraryObject) and value.name.startswith("keras.") and value.name != FUNCTIONAL:
        parts = list(value.arguments)  # the layers that a wrapper or a sequential model is given
    elif isinstance(value, (Opaque, LibraryObject)):
        return not (value.parts if isinstance(value, Opaque) else value.arguments)
    else:
        return True
    seen_through = [_walk(machine, part, by_keras, found, seen) for part in parts]
    return all(seen_through)


def _walk_instance(machine: Machine, value: Instance, by_keras: bool, found: set[Variable], seen: set[int]) -> bool:
    host = host_of(value.type)
    if host in (Host.UNKNOWN, Host.FOREIGN):
        return False
    if host is Host.PLAIN:
        return True
    if any(map(_lists_nothing, linear_bases(value.type))):
        found.update(reference.variable for reference in weights_of(value))
        return True
    if host is not Host.KERAS and by_keras and machine.dialect is Dialect.KERAS_3:
        return True
    seen_through = [_walk(machine, part, host is Host.KERAS, found, seen) for part in value.attributes.values()]
    return all(seen_through)
