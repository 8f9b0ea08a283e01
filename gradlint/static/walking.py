"""Walking a syntax tree: as `ast.walk` does, without the nodes that have no content of their own."""

from __future__ import annotations

import ast

SCALARS = frozenset(
    ("ctx", "op", "ops", "id", "attr", "arg", "kind", "level", "module", "simple", "is_async", "kwd_attrs")
)
"""The fields that hold no node, or one that says no more than its class: an operator, whether a name is written."""
WITHOUT_NODES = (ast.Constant, ast.Name, ast.Global, ast.Nonlocal, ast.alias, ast.MatchSingleton)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def _fields(type_: type[ast.AST]) -> tuple[str, ...]:
    names = () if issubclass(type_, WITHOUT_NODES) else tuple(name for name in type_._fields if name not in SCALARS)
    _FIELDS[type_] = names
    return names


def children(node: ast.AST) -> list[ast.AST]:
    """What a node holds directly."""
    found: list[ast.AST] = []
    type_ = type(node)
    for name in _FIELDS[type_] if type_ in _FIELDS else _fields(type_):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += value if None not in value else [child for child in value if child is not None]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def inside(tree: ast.AST) -> list[ast.AST]:
    """A node and all that it holds, those further up first; no operators and contexts.

    >>> [type(node).__name__ for node in inside(ast.parse("a + 1", mode="eval"))]
    ['Expression', 'BinOp', 'Name', 'Constant']
    """
    found = [tree]
    for node in found:
        found += children(node)
    return found
