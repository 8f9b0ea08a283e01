"""Constant folding: what Python computes of literals alone."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from gradlint.static.values import PLAIN, UNKNOWN, Constant, Value

LONGEST_FOLDED = 4096
"""Characters of a string that is put together."""
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def fold(left: object, right: object, kind: type[ast.operator]) -> Value:
    """`left ∘ right` of two constants, where that is cheap."""
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if isinstance(left, str) and kind is ast.Mod:
        return UNKNOWN
    if isinstance(left, str) and isinstance(right, str) and kind is ast.Add and len(left) + len(right) < LONGEST_FOLDED:
        return Constant(left + right)
    if isinstance(left, tuple) and isinstance(right, tuple) and kind is ast.Add:
        return Constant(left + right) if len(left) + len(right) < 64 else UNKNOWN
    if numbers and kind in OPERATORS:
        if kind in (ast.FloorDiv, ast.Mod) and right == 0:
            return UNKNOWN
        if isinstance(left, (int, float)) and isinstance(right, (int, float)) and max(abs(left), abs(right)) < 2**31:
            return Constant(OPERATORS[kind](left, right))
    if numbers and kind is ast.Div and right != 0:
        return Constant(left / right)  # type: ignore[operator]
    return PLAIN
