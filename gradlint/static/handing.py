"""What a program hands on by its name: weights that it trains although the object that holds them lists none."""

from __future__ import annotations

import ast
from functools import lru_cache

from gradlint.static.holding import LISTS_OF_WEIGHTS
from gradlint.static.knowledge import among
from gradlint.static.local import function_around, parents_in
from gradlint.static.mentioning import uses_of
from gradlint.static.walking import inside

DISPLAYS = (ast.List, ast.Tuple, ast.Set)
SHOWS = ("len", "print", "list")


@lru_cache(maxsize=64)
def asks_for_lists(tree: ast.Module) -> bool:
    """Whether anything in a module asks an object for the list of its weights."""
    return any(isinstance(node, ast.Attribute) and node.attr in LISTS_OF_WEIGHTS for node in inside(tree))


@lru_cache(maxsize=256)
def handed_on(tree: ast.Module) -> frozenset[str]:
    """The attributes that a module names where it collects weights, or where it asks what a part of an object lists.

    `[net.stack.scale]`, `variables.append(self.scale)` and `net.stack.dense.trainable_variables` hand on `stack` and
    what comes behind it; `tf.stack([self.scale, self.shift])` computes.
    """
    nodes = inside(tree)
    bound = _bound(nodes)
    computed = {id(display) for node in nodes for display in _computed_with(node)}
    found: set[str] = set()
    for node in nodes:
        for handed in _handed_by(node, computed):
            found |= _attributes(handed, bound)
    return frozenset(found)


def hands_on_results_of(tree: ast.Module, method: str) -> bool:
    """Whether all that a module does with a method is to call it and to hand its result on whole."""
    return all(_is_handed_on(tree, use) for use in uses_of(tree, method))


def _is_handed_on(tree: ast.Module, method: ast.Attribute) -> bool:
    parents = parents_in(tree)
    call = parents.get(method)
    if not isinstance(call, ast.Call) or call.func is not method:
        return False
    if _lists_too(tree, call, method.attr):
        return True
    parent = parents.get(call)
    if not isinstance(parent, ast.Assign) or not all(isinstance(one, ast.Name) for one in parent.targets):
        return _takes_whole(parent, call)
    names = {one.id for one in parent.targets if isinstance(one, ast.Name)}
    reads = (node for node in inside(function_around(tree, call)) if isinstance(node, ast.Name) and node.id in names)
    return all(_takes_whole(parents.get(read), read) for read in reads if isinstance(read.ctx, ast.Load))


def _takes_whole(node: ast.AST | None, part: ast.AST) -> bool:
    """Whether what stands around an expression hands it on, counts it, shows it or drops it."""
    if isinstance(node, ast.Call):
        return part in node.args and (among("hands_on", _last(node.func)) or _last(node.func) in SHOWS)
    return isinstance(node, ast.Expr)


def _lists_too(tree: ast.Module, node: ast.AST, method: str) -> bool:
    """Whether an expression is part of the list that a method of the same name makes of those of its parts."""
    if getattr(function_around(tree, node), "name", "") != method:
        return False
    parent = parents_in(tree).get(node)
    while isinstance(parent, (ast.BinOp, ast.Starred, ast.List, ast.Tuple)):
        if isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.Add):
            return False
        parent = parents_in(tree).get(parent)
    added = isinstance(parent, ast.AugAssign) and isinstance(parent.op, ast.Add)
    return added or isinstance(parent, (ast.Return, ast.YieldFrom))


def _handed_by(node: ast.AST, computed: set[int]) -> list[ast.expr]:
    """The expressions that a node hands on whole."""
    if isinstance(node, ast.Attribute) and node.attr in LISTS_OF_WEIGHTS:
        return [node.value]
    if isinstance(node, DISPLAYS) and id(node) not in computed and not _is_mixed(node):
        return [one for one in map(_whole, node.elts) if one is not None]
    if isinstance(node, ast.Call) and among("hands_on", _last(node.func)):
        return [one for one in map(_whole, node.args) if one is not None]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and (_lists(node.left) or _lists(node.right)):
        return [one for one in map(_whole, (node.left, node.right)) if one is not None]
    return []


def _is_mixed(display: ast.List | ast.Tuple | ast.Set) -> bool:
    """Whether a display is bound to, or holds what is no weight."""
    stored = isinstance(getattr(display, "ctx", None), ast.Store)
    return stored or any(isinstance(element, ast.Constant) for element in display.elts)


def _computed_with(node: ast.AST) -> list[ast.expr]:
    """The displays whose elements are only read here: operands, what is unpacked, what a method returns together."""
    given: list[ast.expr | None] = []
    if isinstance(node, ast.Call) and not among("hands_on", _last(node.func)):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
    elif isinstance(node, ast.Subscript):
        given = [node.slice]
    elif isinstance(node, ast.For):
        given = [node.iter]
    elif (isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], DISPLAYS)
    ):
        given = [node.value]
    return [display for one in given if isinstance(one, DISPLAYS) for display in (one, *_nested(one))]


def _nested(display: ast.List | ast.Tuple | ast.Set) -> list[ast.expr]:
    return [one for element in display.elts if isinstance(element, DISPLAYS) for one in (element, *_nested(element))]


def _whole(node: ast.expr) -> ast.expr | None:
    """A name or attribute that is not computed with, if the expression is one."""
    while isinstance(node, (ast.Starred, ast.Subscript)):
        node = node.value
    return node if isinstance(node, (ast.Attribute, ast.Name)) else None


def _lists(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr in LISTS_OF_WEIGHTS for one in inside(node))


def _last(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _bound(nodes: list[ast.AST]) -> dict[str, set[str]]:
    """The attributes behind each name that stands for one of them, or for the elements of one."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, (ast.For, ast.comprehension)):
            targets, value = [node.target], node.iter
        elif isinstance(node, ast.Assign) and _whole(node.value) is not None:
            targets, value = node.targets, node.value
        else:
            continue
        names = {one.id for target in targets for one in inside(target) if isinstance(one, ast.Name)}
        attributes = {one.attr for one in inside(value) if isinstance(one, ast.Attribute)}
        for name in names:
            found.setdefault(name, set()).update(attributes)
    return found


def _attributes(node: ast.expr, bound: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    for one in inside(node):
        if isinstance(one, ast.Attribute):
            found.add(one.attr)
        elif isinstance(one, ast.Name):
            found |= bound.get(one.id, set())
    return found
