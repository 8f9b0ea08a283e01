"""Keys of dicts: constants, tuples of them, members of enumerations, and what a shape tells."""

from __future__ import annotations

from gradlint.static.enums import is_enum
from gradlint.static.hosts import is_closed, lookup
from gradlint.static.sizes import size_from
from gradlint.static.values import UNKNOWN, Anywhere, Constant, Container, Instance, Opaque, Value


def known_key(value: Value, number: int) -> object:
    """The key of a dict that a value is; one that is not known has a number."""
    if isinstance(value, Constant) and is_hashable(value.value):
        return value.value
    if isinstance(value, Instance) and (is_enum(value.type) or _is_its_own_key(value)):
        return value
    if isinstance(value, Container) and value.type == "tuple" and value.exact:
        parts = tuple(value.values())
        constants = tuple(part.value for part in parts if isinstance(part, Constant) and is_hashable(part.value))
        if parts and len(constants) == len(parts):
            return constants
        value = size_from("tuple", *parts) or value
    return value if isinstance(value, Opaque) and value.size else Anywhere(number)


def _is_its_own_key(value: Instance) -> bool:
    """Whether an object equals no other one, as far as its class tells."""
    return is_closed(value.type) and not (lookup(value.type, "__eq__") or lookup(value.type, "__hash__"))


def shown_key(key: object) -> Value:
    """The value that a dict's key stands for."""
    if isinstance(key, Anywhere):
        return UNKNOWN
    return key if isinstance(key, (Instance, Opaque)) else Constant(key)


def written_key(key: object) -> str:
    """How a key is written where its element is named."""
    if isinstance(key, Anywhere):
        return "…"
    if isinstance(key, Instance):
        name = key.attributes.get("name")
        return f"{key.type.name}.{name.value}" if isinstance(name, Constant) else key.type.name
    return key.size if isinstance(key, Opaque) else repr(key)


def is_hashable(value: object) -> bool:
    """Whether a constant is a key that a container may be asked for."""
    return isinstance(value, (str, int, float, bool, bytes, type(None), tuple))
