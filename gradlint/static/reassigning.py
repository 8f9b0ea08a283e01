"""Which code assigns or empties the attributes of an object, and whether anybody is seen to call it."""

from __future__ import annotations

import ast
from functools import lru_cache

from gradlint.static.askers import called_elsewhere
from gradlint.static.hosts import linear_bases
from gradlint.static.modules import ModuleFinder
from gradlint.static.values import Class
from gradlint.static.walking import inside

EMPTIES = frozenset({"clear", "pop", "popitem"})
SETS_UP = frozenset({"__init__", "build"})


def assigned_by_methods(type_: Class) -> dict[ast.AST, set[str]]:
    """For each method of a class, the attributes that it assigns on any object."""
    return {method: names for method in _methods(type_) if (names := _assigned(method))}


@lru_cache(maxsize=8)
def assigned_outside(tree: ast.Module) -> frozenset[str]:
    """Attribute names that a module's code assigns on anything that is not called `self`."""
    return frozenset(
        node.attr
        for node in inside(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    )


def emptied_by_others(type_: Class, executed: set[ast.AST], finder: ModuleFinder | None) -> frozenset[str]:
    """The attributes that a method assigns, deletes or empties which the forward pass leaves alone and others call."""
    return frozenset(
        name
        for method in _methods(type_)
        if method not in executed and method.name not in SETS_UP and is_called(type_, method, finder)
        for name in _assigned(method) | _emptied(method)
    )


def is_called(type_: Class, method: ast.FunctionDef | ast.AsyncFunctionDef, finder: ModuleFinder | None) -> bool:
    """Whether the module of a class calls a method, or a file does that asks for gradients."""
    return method.name in _called(type_.module.tree) or is_called_elsewhere(type_, method, finder)


def is_called_elsewhere(type_: Class, method: ast.AST, finder: ModuleFinder | None) -> bool:
    """Whether another file that asks for gradients may call a public method."""
    name = method.name if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) else "_"
    if name.startswith("_") or name == "build" or finder is None:
        return False
    return called_elsewhere(type_.module.path, finder, name)


def _methods(type_: Class) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        statement
        for base in linear_bases(type_)
        if isinstance(base, Class)
        for statement in base.node.body
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _assigned(method: ast.AST) -> set[str]:
    return {node.attr for node in inside(method) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}


def _emptied(method: ast.AST) -> set[str]:
    """The attributes of which a method deletes something, or that it tells to forget."""
    held: list[ast.expr] = []
    for node in inside(method):
        if isinstance(node, ast.Delete):
            held += (target.value if isinstance(target, ast.Subscript) else target for target in node.targets)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EMPTIES:
            held.append(node.func.value)
    return {node.attr for node in held if isinstance(node, ast.Attribute)}


@lru_cache(maxsize=8)
def _called(tree: ast.Module) -> frozenset[str]:
    """The names of the methods that a module's code calls."""
    return frozenset(
        node.func.attr for node in inside(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
