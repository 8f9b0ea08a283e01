"""What stays in the function that makes it: nothing else can hold it, so that it is gone when the function ends."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import lru_cache

from gradlint.static.walking import children, inside

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPUTES = (ast.BinOp, ast.UnaryOp, ast.Compare)


@lru_cache(maxsize=16)
def parents_in(tree: ast.Module) -> dict[ast.AST, ast.AST]:
    """What each node of a module stands in."""
    return {child: node for node in inside(tree) for child in children(node)}


def function_around(tree: ast.Module, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Module:
    """The function that a node stands in, or the module."""
    parents = parents_in(tree)
    while not isinstance(node, (*FUNCTIONS, ast.Module)):
        if node not in parents:
            return tree
        node = parents[node]
    return node


def name_of(tree: ast.Module, call: ast.AST) -> str:
    """The name that a call's result is bound to, and to nothing else."""
    parent = parents_in(tree).get(call)
    if isinstance(parent, ast.Assign) and parent.value is call and len(parent.targets) == 1:
        target = parent.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def stays_local(tree: ast.Module, call: ast.AST, read: Collection[str] = ()) -> bool:
    """Whether what a call makes is computed with and never kept, handed out or captured.

    `read` are the attributes by which it is computed with, too.
    """
    function = function_around(tree, call)
    if isinstance(function, ast.Module) or function.decorator_list:
        return False
    parents = parents_in(tree)
    name = name_of(tree, call)
    if not name:
        return _is_computed_with(call, parents, read)
    nodes = inside(function)
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in nodes):
        return False
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)]
    return all(
        function_around(tree, use) is function
        and not _is_captured(use, parents)
        and _is_computed_with(use, parents, read)
        for use in uses
    )


def _is_captured(use: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while not isinstance(use, (*FUNCTIONS, ast.Module)):
        if isinstance(use, ast.Lambda):
            return True
        use = parents[use]
    return False


def _is_computed_with(node: ast.AST, parents: dict[ast.AST, ast.AST], read: Collection[str]) -> bool:
    """Whether an expression is an operand of an operation, or a layer that is called on the spot."""
    parent = parents.get(node)
    if isinstance(parent, ast.Attribute) and parent.attr in read:
        return True
    return isinstance(parent, COMPUTES) or (isinstance(parent, ast.Call) and parent.func is node)


def is_read_between(tree: ast.Module, name: str, made: ast.AST, asked: ast.AST) -> bool:
    """Whether a name that a call was bound to is read before the line that asks for a gradient, or in its target."""
    function = function_around(tree, made)
    if function is not function_around(tree, asked) or not isinstance(asked, ast.Call):
        return True
    sources = {id(one) for argument in asked.args[1:] for one in inside(argument)}
    return any(id(node) not in sources and _start(node) < _end(asked) for node in _names(function, name, ast.Load))


def is_used_before(tree: ast.Module, name: str, watched: ast.AST) -> bool:
    """Whether what a name stands for where a tape is told to watch it was read in the same `with` before."""
    parents = parents_in(tree)
    block = watched
    while not isinstance(block, (*FUNCTIONS, ast.With, ast.Module)):
        block = parents.get(block, tree)
    if not isinstance(block, ast.With):
        return False
    bound = [_end(parents[node]) for node in _names(block, name, ast.Store)]
    since = max((end for end in bound if end < _start(watched)), default=(0, 0))
    return any(since <= _start(node) < _start(watched) for node in _names(block, name, ast.Load))


def _names(block: ast.AST, name: str, context: type[ast.expr_context]) -> list[ast.Name]:
    named = (node for node in inside(block) if isinstance(node, ast.Name) and node.id == name)
    return [node for node in named if isinstance(node.ctx, context)]


def _start(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
