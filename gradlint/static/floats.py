"""Which parameters of a constructor may hold a float tensor, as far as signature, documentation and checks tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import Enum

from gradlint.static.knowledge import among
from gradlint.static.values import Class
from gradlint.static.walking import inside

ENTRY = re.compile(r"^[ \t]*`{0,2}\*{0,2}(\w+)`{0,2}[ \t]*(?:\(([^)\n]*)\))?[ \t]*:(?!:)", re.MULTILINE)
"""`name:` or `name (type):` at the start of a line of a docstring."""
COUNT = re.compile(r"^(?:num|n)_|_(?:dims?|ndims|size|sizes|shape|axis|axes|steps?|rank|length|indices|dtype|fn)$")
"""How parameters are called that hold a number of something, a shape, a dtype or a function."""
SENTENCE_END = re.compile(r"[.](?:[ \n]|$)|\n[ \t]*\n")
INTEGER = re.compile(
    r"\b(?:int|ints|integers?|integer-valued|int32|int64|bools?|booleans?|str|string|strings)\b", re.IGNORECASE
)
FLOAT = re.compile(r"\b(?:floats?|floating|float32|float64|real|double)\b", re.IGNORECASE)
CALLABLE = re.compile(r"\b(?:callable|function|lambda)\b", re.IGNORECASE)
TENSOR = re.compile(r"\b(?:tensors?|variable|arrays?|ndarray)\b", re.IGNORECASE)


class Told(Enum):
    """What the source says of a parameter."""

    TENSOR = "a float tensor"
    OTHER = "something else"
    NOTHING = "nothing"


def told_of(parameter: ast.arg, default: ast.expr | None, type_: Class, initializer: ast.FunctionDef) -> Told:
    """What signature, documentation and checks say of a constructor's parameter."""
    name = parameter.arg
    if name.startswith("_") or among("constructor_flags", name) or COUNT.search(name):
        return Told.OTHER
    if _is_flag(default) or name in _checked_as_integer(initializer):
        return Told.OTHER
    texts = [] if parameter.annotation is None else [ast.unparse(parameter.annotation)]
    texts += [text for text in (_documented(name, node) for node in (initializer, type_.node)) if text]
    told = {_told_by(text) for text in texts}
    return next((one for one in (Told.OTHER, Told.TENSOR) if one in told), Told.NOTHING)


def _told_by(text: str) -> Told:
    if FLOAT.search(text):
        return Told.TENSOR
    first = min(
        ((found.start(), pattern) for pattern in (TENSOR, INTEGER, CALLABLE) if (found := pattern.search(text))),
        key=lambda found: found[0],
        default=None,
    )
    if first is None:
        return Told.NOTHING
    # "a tensor, or a callable that takes an integer" is a tensor, "an integer tensor" and "a tensor of int" are none
    before_callable = CALLABLE.split(text, maxsplit=1)[0]
    return Told.TENSOR if first[1] is TENSOR and not INTEGER.search(before_callable) else Told.OTHER


def _is_flag(default: ast.expr | None) -> bool:
    if isinstance(default, (ast.Tuple, ast.List)):
        return all(isinstance(element, ast.Constant) and isinstance(element.value, int) for element in default.elts)
    return isinstance(default, ast.Constant) and isinstance(default.value, (bool, str, bytes))


def _documented(name: str, node: ast.FunctionDef | ast.ClassDef) -> str:
    """The first lines of a docstring's entry for a parameter, up to its first full stop."""
    text = ast.get_docstring(node) or ""
    for match in ENTRY.finditer(text):
        if match[1] == name:
            following = text[match.end() :]
            end = ENTRY.search(following)
            entry = following[: end.start()] if end is not None else following
            return f"{match[2] or ''} {SENTENCE_END.split(entry, maxsplit=1)[0]}"
    return ""


def _checked_as_integer(initializer: ast.FunctionDef) -> frozenset[str]:
    """Parameters whose dtype the constructor wants to be an integer's: `is_integer(x.dtype)`, `x.dtype.is_integer`."""
    return frozenset(
        inner.value.id
        for node in inside(initializer)
        for inner in _asked_about(node)
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)
    )


def _asked_about(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "is_integer":
        yield from node.args
    elif isinstance(node, ast.Attribute) and node.attr == "is_integer":
        yield node.value
