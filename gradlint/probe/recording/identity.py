"""Numbers for objects that die: the `id` of a dead one goes to another."""

from __future__ import annotations

import functools
import itertools
import weakref
from typing import Any

_KEYS: dict[int, tuple[weakref.ref[Any], int]] = {}
_NUMBERS = itertools.count(1)


def key_of(value: Any) -> int:
    """A number that no other object ever gets, as long as the process lives."""
    known = _KEYS.get(id(value))
    if known is not None and known[0]() is value:
        return known[1]
    try:
        reference = weakref.ref(value, functools.partial(_forget, id(value)))
    except TypeError:  # a number or a string, which dies unseen
        return -id(value)
    _KEYS[id(value)] = reference, next(_NUMBERS)
    return _KEYS[id(value)][1]


def _forget(number: int, reference: weakref.ref[Any]) -> None:
    if number in _KEYS and _KEYS[number][0] is reference:
        del _KEYS[number]
