"""Which code assigns or empties the attributes of an object, and whether anybody is seen to call it."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TypeAlias

from gradlint.static.askers import called_elsewhere, handed_elsewhere
from gradlint.static.hosts import linear_bases
from gradlint.static.local import function_around
from gradlint.static.modules import ModuleFinder
from gradlint.static.values import Class
from gradlint.static.walking import inside

CHANGES = frozenset({"clear", "pop", "popitem", "update", "append", "extend", "setdefault", "insert"})
SETS_UP = frozenset({"__init__", "build"})


Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def renewed_by_methods(type_: Class, but: set[ast.AST]) -> dict[Method, set[str]]:
    """For each method of a class, the attributes that it assigns or changes on any object, `but` in some places."""
    found = ((method, {node.attr for node in _changed(method) if node not in but}) for method in _methods(type_))
    return {method: names for method, names in found if names}


@lru_cache(maxsize=256)
def stores_outside(tree: ast.Module) -> dict[str, frozenset[ast.AST]]:
    """Where a module's code assigns or empties attributes of anything that is not called `self`, by their names."""
    found: dict[str, set[ast.AST]] = {}
    for node in _changed(tree):
        if not _is_own(tree, node):
            found.setdefault(node.attr, set()).add(node)
    return {name: frozenset(nodes) for name, nodes in found.items()}


def _is_own(tree: ast.Module, attribute: ast.Attribute) -> bool:
    owner = attribute.value
    if not isinstance(owner, ast.Name):
        return False
    return owner.id == "self" or owner.id in _called_self(function_around(tree, attribute))


@lru_cache(maxsize=1024)
def _called_self(function: ast.AST) -> frozenset[str]:
    """The names that a method gives its object besides."""
    assignments = (node for node in inside(function) if isinstance(node, ast.Assign))
    return frozenset(
        target.id
        for node in assignments
        if isinstance(node.value, ast.Name) and node.value.id == "self"
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def renewed_by_others(type_: Class, executed: set[ast.AST], finder: ModuleFinder | None) -> frozenset[str]:
    """The attributes that others assign, delete or empty, or that a method does which others than `executed` call."""
    tree = type_.module.tree
    stored = {
        name
        for name, nodes in stores_outside(tree).items()
        if not all(_is_special(function_around(tree, node), executed) for node in nodes)
    }
    return frozenset(stored) | {
        node.attr
        for method in _methods(type_)
        if method not in executed and is_called(type_, method, finder)
        for node in _changed(method)
    }


def _is_special(function: ast.AST, executed: set[ast.AST]) -> bool:
    """Whether a function that ran is one that nobody calls by its name, as `__get__` of a descriptor."""
    name = getattr(function, "name", "")
    return function in executed and name.startswith("__") and name.endswith("__")


def is_called(type_: Class, method: Method, finder: ModuleFinder | None) -> bool:
    """Whether a method is called on anything but `self`, or handed on to be, by the module of its class or another."""
    if method.name.startswith("_") or method.name in SETS_UP:
        return False
    if is_called_by(type_, method.name, finder):
        return True
    if any("property" in ast.unparse(one) or ast.unparse(one).endswith(".setter") for one in method.decorator_list):
        return False  # it is read, not handed on
    elsewhere = finder is not None and handed_elsewhere(type_.module.path, finder, method.name)
    return elsewhere or method.name in _handed(type_.module.tree)


def is_called_by(type_: Class, name: str, finder: ModuleFinder | None) -> bool:
    """Whether what a class's objects hold under a name is called on anything but `self`, there or in another file."""
    if name in _called(type_.module.tree):
        return True
    return finder is not None and called_elsewhere(type_.module.path, finder, name)


def _methods(type_: Class) -> list[Method]:
    return [
        statement
        for base in linear_bases(type_)
        if isinstance(base, Class)
        for statement in base.node.body
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _changed(code: ast.AST) -> list[ast.Attribute]:
    """The attributes that code assigns, or of which it assigns, deletes, adds or drops an element."""
    held: list[ast.expr] = []
    for node in inside(code):
        if isinstance(node, ast.Delete):
            held += node.targets
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            held.append(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            held.append(node.func.value)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            held.append(node)
    return [node for node in held if isinstance(node, ast.Attribute)]


@lru_cache(maxsize=8)
def _handed(tree: ast.Module) -> frozenset[str]:
    """The names of the attributes that a module's code hands on as they are: to a call, a name, a caller."""
    handed: list[ast.expr] = []
    for node in inside(tree):
        if isinstance(node, ast.Call):
            handed += [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)) and node.value is not None:
            handed.append(node.value)
        elif isinstance(node, (ast.List, ast.Tuple)):
            handed += node.elts
        elif isinstance(node, ast.Dict):
            handed += node.values
    return frozenset(node.attr for node in handed if isinstance(node, ast.Attribute))


@lru_cache(maxsize=8)
def _called(tree: ast.Module) -> frozenset[str]:
    """The names of the methods that a module's code calls on anything but `self`."""
    calls = (node.func for node in inside(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return frozenset(function.attr for function in calls if ast.unparse(function.value) not in ("self", "super()"))
