"""Where a module speaks of an attribute or a method by its name."""

from __future__ import annotations

import ast
from functools import lru_cache

from gradlint.static.walking import inside


def uses_of(tree: ast.Module, name: str) -> list[ast.Attribute]:
    """The attributes of that name that a module reads or writes."""
    return _attributes(tree).get(name, [])


@lru_cache(maxsize=64)
def _attributes(tree: ast.Module) -> dict[str, list[ast.Attribute]]:
    found: dict[str, list[ast.Attribute]] = {}
    for node in inside(tree):
        if isinstance(node, ast.Attribute):
            found.setdefault(node.attr, []).append(node)
    return found


@lru_cache(maxsize=64)
def strings_in(tree: ast.Module) -> frozenset[str]:
    """The strings of a module that can be names, as `getattr` takes them."""
    constants = (node.value for node in inside(tree) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str) and value.isidentifier())
