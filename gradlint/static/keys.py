"""Keys of dicts: constants, tuples of them, and members of enumerations."""

from __future__ import annotations

from gradlint.static.enums import is_enum
from gradlint.static.values import UNKNOWN, Anywhere, Constant, Instance, Value


def known_key(value: Value, number: int) -> object:
    """The key of a dict that a value is; one that is not known has a number."""
    if isinstance(value, Constant) and is_hashable(value.value):
        return value.value
    if isinstance(value, Instance) and is_enum(value.type):
        return value
    return Anywhere(number)


def shown_key(key: object) -> Value:
    """The value that a dict's key stands for."""
    if isinstance(key, Anywhere):
        return UNKNOWN
    return key if isinstance(key, Instance) else Constant(key)


def is_hashable(value: object) -> bool:
    """Whether a constant is a key that a container may be asked for."""
    return isinstance(value, (str, int, float, bool, bytes, type(None), tuple))
