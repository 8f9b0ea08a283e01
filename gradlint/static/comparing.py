"""Comparisons whose answer the source settles."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from gradlint.static.enums import same_member
from gradlint.static.keys import known_key
from gradlint.static.values import (
    Anywhere,
    Carrier,
    Constant,
    Container,
    Instance,
    LibraryObject,
    Method,
    ModuleValue,
    Opaque,
    Union,
    Value,
)

ORDER: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def known_comparison(left: Value, right: Value, comparison: ast.cmpop) -> bool | None:
    """What a comparison gives; None where it is not known."""
    if isinstance(comparison, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = same_member(left, right)
        if same is not None:
            return same is isinstance(comparison, (ast.Is, ast.Eq))
    if isinstance(comparison, (ast.Is, ast.IsNot)):
        same = _same(left, right)
        return same if same is None or isinstance(comparison, ast.Is) else not same
    if isinstance(comparison, (ast.In, ast.NotIn)):
        found = _contains(right, left)
        return found if found is None or isinstance(comparison, ast.In) else not found
    if not isinstance(left, Constant) or not isinstance(right, Constant):
        return None
    if isinstance(comparison, (ast.Eq, ast.NotEq)):
        return (left.value == right.value) is isinstance(comparison, ast.Eq)
    numbers = isinstance(left.value, (int, float)) and isinstance(right.value, (int, float))
    if numbers or (isinstance(left.value, str) and isinstance(right.value, str)):
        return bool(ORDER[type(comparison)](left.value, right.value))
    return None


def _same(left: Value, right: Value) -> bool | None:
    if isinstance(right, Constant):
        if isinstance(left, Constant):
            return left.value is right.value or (type(left.value) is type(right.value) and left.value == right.value)
        if isinstance(left, Union):
            found = {_same(alternative, right) for alternative in left.alternatives}
            return found.pop() if len(found) == 1 else None
        if isinstance(left, Method):
            return False if isinstance(left.receiver, (Carrier, LibraryObject)) else None
        return None if isinstance(left, Opaque) else False
    return None


def _contains(container: Value, element: Value) -> bool | None:
    key = known_key(element, 0)
    if isinstance(container, Container) and container.type == "set":
        keys = [known_key(value, 0) for value in container.values()]
        unsure = any(isinstance(one, (Anywhere, Opaque)) for one in (key, *keys))
        return True if key in keys and not isinstance(key, Anywhere) else None if unsure else False
    if isinstance(container, Container) and container.exact and not isinstance(key, Anywhere):
        if container.type == "dict":
            return key in container.items
        if isinstance(key, Instance):
            return key in list(container.values())
    if not isinstance(element, Constant):
        return None
    if isinstance(container, Container) and container.exact and container.type != "dict":
        known = [value.value for value in container.values() if isinstance(value, Constant)]
        return element.value in known if len(known) == len(container.items) or element.value in known else None
    if isinstance(container, Method) and isinstance(container.receiver, ModuleValue) and container.name == "__dict__":
        return True if element.value in container.receiver.module.scope.names else None
    if isinstance(container, Constant) and isinstance(container.value, (str, tuple)):
        if isinstance(container.value, str) and not isinstance(element.value, str):
            return None
        return element.value in container.value
    return None
