"""Dtypes, as far as the source tells them: what a variable holds follows from what it is started from."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from gradlint.static.knowledge import among, dtype_given_by
from gradlint.static.machine import Arguments
from gradlint.static.values import Constant, Container, Opaque, Reference, Symbol, Tensor, Union, Value

SHORT_NAMES = {
    "half": "float16",
    "single": "float32",
    "double": "float64",
    "floatx": "float32",
    "float": "float32",
    "int": "int64",
    "int_": "int64",
    "intp": "int64",
    "bool_": "bool",
}


def dtype_of(value: Value | None) -> str | None:
    """The name of a constant dtype argument; "" where none was given, None where it is not known."""
    if value is None or value == Constant(None):
        return ""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, Symbol):
        last = value.name.rpartition(".")[2]
        return SHORT_NAMES.get(last, last)
    return None


def dtype_of_result(name: str, arguments: Arguments) -> str | None:
    """The dtype of what a function gives: named by the call, or given by the other arguments."""
    given = next((value for key, value in arguments.keywords if key == "dtype"), None)
    if given is None:
        given = next((value for value in arguments.positional[1:] if _is_dtype(value)), None)
    if given is not None:
        return dtype_of(given) or None
    if among("integer_results", name):
        return "int64"
    read = [arguments.positional[at] for at in dtype_given_by(name) if at < len(arguments.positional)]
    return None if arguments.is_open or not read else _common(dtype_of_start(value) for value in read)


def integer_result(name: str, arguments: Arguments) -> str | None:
    """The same, where it is a dtype of integers or truth values."""
    dtype = dtype_of_result(name, arguments)
    return dtype if is_whole(dtype) else None


def integer_dtype(left: Value, right: Value, kind: type[ast.operator]) -> str | None:
    """The dtype of what is computed from integers alone."""
    if kind is ast.Div or not all(is_whole(dtype_of_value(value)) for value in (left, right)):
        return None
    if kind is ast.Pow and not (isinstance(right, Constant) and isinstance(right.value, int) and right.value >= 0):
        return None
    named = {value.dtype for value in (left, right) if isinstance(value, (Tensor, Opaque)) and value.dtype is not None}
    return named.pop() if len(named) == 1 else "int64"


DEEP = 12
MOST_ELEMENTS = 1_000
"""So many elements are looked at, however often containers hold each other; of more than that nothing is known."""


def dtype_of_value(value: Value | None) -> str | None:
    """The dtype of what TensorFlow or NumPy makes of a value."""
    left = [MOST_ELEMENTS]
    dtype = _dtype_of(value, left, 0)
    return dtype if left[0] > 0 else None


def _dtype_of(value: Value | None, left: list[int], depth: int) -> str | None:
    left[0] -= 1
    if depth > DEEP:
        left[0] = 0
    if left[0] <= 0:
        return None
    if isinstance(value, Constant):
        return _dtype_of_constant(value.value)
    if isinstance(value, Container):
        return _common(_dtype_of(element, left, depth + 1) for element in value.values())
    if isinstance(value, (Tensor, Opaque)):
        return value.dtype
    if isinstance(value, Reference):
        return value.variable.dtype if is_whole(value.variable.dtype) else None
    if isinstance(value, Union):
        found = {_dtype_of(alternative, left, depth + 1) for alternative in value.alternatives}
        return found.pop() if len(found) == 1 else None
    return None


def dtype_of_start(value: Value) -> str | None:
    """The same, of what a tensor or variable is made from: a tensor of which nothing is known holds floats."""
    dtype = dtype_of_value(value)
    return "float32" if dtype is None and isinstance(value, Tensor) else dtype


def _common(dtypes: Iterable[str | None]) -> str | None:
    """The dtype of what holds several: one float among them makes floats of all."""
    found = set(dtypes)
    if "float32" in found:
        return "float32"
    if len(found) > 1 and all(map(is_whole, found)):
        return "int64"
    return found.pop() if len(found) == 1 else None


def _dtype_of_constant(value: object) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int32"
    if isinstance(value, range):
        return "int32"
    return "float32" if isinstance(value, float) else "string" if isinstance(value, str) else None


def _is_dtype(value: Value) -> bool:
    last = dtype_of(value) if isinstance(value, (Symbol, Constant)) else None
    return bool(last) and last is not None and (among("floats", last) or among("integers", last))


def among_floats(dtype: str | None) -> bool:
    """Whether a weight of this dtype can have a gradient; what is not known may."""
    return dtype is None or among("floats", dtype) or not among("integers", dtype)


def is_whole(dtype: str | None) -> bool:
    """Whether this is a dtype of integers or truth values."""
    return not among_floats(dtype) and dtype != "string"
