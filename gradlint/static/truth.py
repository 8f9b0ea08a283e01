"""Whether a value is true, as far as the source tells."""

from __future__ import annotations

from gradlint.static.hosts import lookup
from gradlint.static.knowledge import among
from gradlint.static.values import (
    Carrier,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    LibraryObject,
    ModuleValue,
    Partial,
    Symbol,
    Tape,
    Union,
    Value,
)


def truth(value: Value) -> bool | None:
    """Whether a value is true, or None where it is not known."""
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Container) and value.exact:
        return bool(value.items)
    if isinstance(value, Instance):
        special = lookup(value.type, "__bool__") or lookup(value.type, "__len__")
        return None if special else True
    if isinstance(value, LibraryObject) and (value.name.startswith("keras.") or among("custom_gradients", value.name)):
        return True
    if isinstance(value, (Function, Class, Carrier, Partial, Symbol, Tape, ModuleValue)):
        return True
    if isinstance(value, Union):
        found = {truth(alternative) for alternative in value.alternatives}
        return found.pop() if len(found) == 1 else None
    return None
