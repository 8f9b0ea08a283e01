"""Whether an expression may be evaluated again in every call: it makes no weight, draws nothing, changes nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from gradlint.static.knowledge import among, created_flavour, starts_among
from gradlint.static.remedies.effects import changes_in_place
from gradlint.static.remedies.program import Definition, Program, receiver_of

DEEPEST = 6
ONCE = (ast.Await, ast.Global, ast.Nonlocal, ast.ClassDef, ast.Delete, ast.Import)
"""What has an effect of its own."""


class Verdict(Enum):
    """What a second evaluation does."""

    DOUBTFUL = "calls what gradlint cannot look into"
    IMPURE = "has an effect that must not be repeated, or is something else later"


@dataclass(frozen=True)
class Objection:
    """A part of an expression that may not, or perhaps should not, run again."""

    node: ast.AST
    verdict: Verdict


def objections(program: Program, cls: ast.ClassDef | None, node: ast.AST, depth: int = 0) -> Iterator[Objection]:
    """Every part of a statement or expression that speaks against running it in every call."""
    local = {one.name: one for one in ast.walk(node) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for part in ast.walk(node):
        if isinstance(part, ONCE) or _is_set_by_keras(part):
            yield Objection(part, Verdict.IMPURE)
        elif isinstance(part, ast.Call):
            verdict = _of_call(program, cls, part, local, depth)
            if verdict is not None:
                yield Objection(part, verdict)


def _is_set_by_keras(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and among("set_by_keras", node.attr)


def _of_call(
    program: Program, cls: ast.ClassDef | None, call: ast.Call, local: dict[str, Definition], depth: int
) -> Verdict | None:
    function = call.func
    name = program.dotted(function)
    if name == "builtins.setattr" and len(call.args) == 3 and isinstance(call.args[1], ast.Constant):
        return None  # an assignment, which is told with what the statement writes
    if name is not None:
        return _of_library(name)
    if isinstance(function, ast.Call):
        # The inner call has a verdict of its own; what a library's object does when it is called is known by its kind.
        return _of_made(program, function)
    if isinstance(function, ast.Name):
        return _of_name(program, cls, call, function.id, local, depth)
    if isinstance(function, ast.Attribute):
        return _of_method(program, cls, call, function, depth)
    return Verdict.DOUBTFUL


def _of_library(name: str) -> Verdict | None:
    if starts_among("pure_after_all_prefixes", name):
        return None
    if created_flavour(name) is not None or starts_among("impure_prefixes", name) or among("impure", name):
        return Verdict.IMPURE
    return None if starts_among("pure_prefixes", name) or among("pure", name) else Verdict.DOUBTFUL


def _of_name(
    program: Program, cls: ast.ClassDef | None, call: ast.Call, name: str, local: dict[str, Definition], depth: int
) -> Verdict | None:
    if name in local:
        return None  # its body is walked with the rest
    around = [one for one in program.around(call) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for outer in around:
        for one in ast.walk(outer):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == name:
                return verdict_of_function(program, cls, one, depth)
            if (
                isinstance(one, ast.Assign)
                and isinstance(one.value, ast.Lambda)
                and any(isinstance(target, ast.Name) and target.id == name for target in one.targets)
            ):
                return _worst(program, cls, one.value.body, depth)
    if around and _is_made_callable(program, around[0], name):
        return None
    bound = program.bindings.get(name, [])
    if len(bound) == 1:
        if isinstance(bound[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
            return verdict_of_function(program, cls, bound[0], depth)
        if isinstance(bound[0], ast.Assign) and isinstance(bound[0].value, ast.Lambda):
            return _worst(program, cls, bound[0].value.body, depth)
    return Verdict.DOUBTFUL


def _of_made(program: Program, made: ast.Call) -> Verdict | None:
    """What calling an object does that a library makes: a bijector only computes, a `partial` calls its function."""
    name = program.dotted(made.func)
    if name is not None and name.startswith("functools.") and made.args:
        called = program.dotted(made.args[0])
        return Verdict.DOUBTFUL if called is None else _of_library(called)
    return None if name is not None and starts_among("callable_when_made_prefixes", name) else Verdict.DOUBTFUL


def _is_made_callable(program: Program, function: ast.AST, name: str) -> bool:
    """Whether a local is an object of a library that only computes when it is called, as a bijector does."""
    made = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
    ]
    statement = program.parents.get(made[0]) if len(made) == 1 else None
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and _of_made(program, value) is None


def _of_method(
    program: Program, cls: ast.ClassDef | None, call: ast.Call, function: ast.Attribute, depth: int
) -> Verdict | None:
    owner = program.method_of(call)
    receiver = receiver_of(owner[0]) if owner is not None else ""
    own = isinstance(function.value, ast.Name) and function.value.id == receiver and cls is not None
    method = program.method(cls, function.attr) if own and cls is not None else None
    if method is not None:
        return verdict_of_function(program, cls, method, depth)
    if any(among(key, function.attr) for key in ("impure_methods", "assigning_methods", "creating_methods")):
        return Verdict.IMPURE
    if own:
        return Verdict.DOUBTFUL
    if isinstance(function.value, ast.Call) and program.dotted(function.value.func) == "builtins.super":
        return Verdict.IMPURE
    if changes_in_place(call):
        return None  # it changes a local of the copied statements, which is made anew with them
    return None if among("pure_methods", function.attr) else Verdict.DOUBTFUL


def verdict_of_function(
    program: Program, cls: ast.ClassDef | None, function: Definition, depth: int = 0
) -> Verdict | None:
    """What running a whole function again does."""
    effects = program.effects(function)
    if effects.opaque or any(name.startswith(".") for name in effects.writes):
        return Verdict.IMPURE
    local = effects.binds | {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    if effects.changes - local:
        return Verdict.IMPURE
    worst: Verdict | None = None
    for statement in function.body:
        found = _worst(program, cls, statement, depth)
        if found is Verdict.IMPURE:
            return found
        worst = worst or found
    return worst


def _worst(program: Program, cls: ast.ClassDef | None, node: ast.AST, depth: int) -> Verdict | None:
    if depth >= DEEPEST:
        return Verdict.DOUBTFUL
    found = {objection.verdict for objection in objections(program, cls, node, depth + 1)}
    return Verdict.IMPURE if Verdict.IMPURE in found else next(iter(found), None)
