"""What a computation passes by on its way to a later place: it must not have changed what is computed from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from gradlint.static.knowledge import among, created_flavour, starts_among
from gradlint.static.remedies.effects import blocks_of, effects_of, header_parts
from gradlint.static.remedies.program import Definition, Program
from gradlint.static.remedies.purity import Verdict, objections
from gradlint.static.remedies.slicing import CannotChangeError

DEEPEST = 4
ASSIGNS = "`{}` runs before it then, and changes a variable"
DOUBTFUL = "gradlint cannot tell whether `{}`, which runs before it then, changes a variable"
CHANGES = "`{}` is changed before it is computed then"
LONGEST = 40
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Assigning(Enum):
    """Whether a call changes a variable."""

    YES = ASSIGNS
    PERHAPS = DOUBTFUL


def reasons_of_passing(program: Program, moved: list[ast.stmt], passed: list[ast.AST]) -> Iterator[str]:
    """Why a computation may give another value behind what it passes by.

    Raises:
        CannotChangeError: it certainly gives another one, or both take from the same source.
    """
    for part in passed:
        statement = program.statement_of(part)
        above = [one for one in moved if statement is None or one.lineno < statement.lineno]
        reads = {name for one in above for name in effects_of(one, "").reads}
        takes = _sources(program, [*above])
        effects = effects_of(part, "")
        if effects.binds & reads or takes & _sources(program, [part]):
            raise CannotChangeError
        for name in sorted((effects.changes & reads) - _assigned(part)):
            yield CHANGES.format(name)
        for call, assigning in assigning_calls(program, part):
            text = " ".join(program.text(call).split())
            yield assigning.value.format(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _sources(program: Program, nodes: list[ast.AST]) -> set[str]:
    """What is called that gives something else each time, as an iterator or a file does."""
    calls = [found.node for node in nodes for found in objections(program, None, node) if _is_impure(found.verdict)]
    names = {program.dotted(call.func) for call in calls if isinstance(call, ast.Call)}
    return {name for name in names if name is not None and not starts_among("random_prefixes", name)}


def _is_impure(verdict: Verdict) -> bool:
    return verdict is Verdict.IMPURE


def _assigned(node: ast.AST) -> set[str]:
    """The names of what a call assigns to, which is told as such."""
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    methods = [one.func for one in calls if isinstance(one.func, ast.Attribute)]
    assigned = [one.value for one in methods if among("assigning_methods", one.attr)]
    return {name for one in assigned for name in effects_of(one, "").reads}


def assigning_calls(program: Program, node: ast.AST, depth: int = 0) -> Iterator[tuple[ast.Call, Assigning]]:
    """The calls, outside of functions that are only defined, that may change a variable."""
    if isinstance(node, (*DEFINITIONS, ast.Lambda)):
        return
    if isinstance(node, ast.Call):
        assigning = _of_call(program, node, depth)
        if assigning is not None:
            yield node, assigning
    for child in ast.iter_child_nodes(node):
        yield from assigning_calls(program, child, depth)


def _of_call(program: Program, call: ast.Call, depth: int) -> Assigning | None:
    function = call.func
    name = program.dotted(function)
    if name is not None:
        return Assigning.YES if starts_among("assigning_prefixes", name) else None
    if isinstance(function, ast.Attribute):
        if among("assigning_methods", function.attr) or among("training_methods", function.attr):
            return Assigning.YES
        own = [one for cls in program.classes() for one in program.methods(cls) if one.name == function.attr]
        if own:
            return _worst([_of_function(program, one, depth) for one in own])
        known = any(among(key, function.attr) for key in ("pure_methods", "impure_methods", "tape_methods"))
        return None if known or _is_of_library(program, function.value) else Assigning.PERHAPS
    if isinstance(function, ast.Name):
        return _of_name(program, function, depth)
    return Assigning.PERHAPS


def _of_name(program: Program, name: ast.Name, depth: int) -> Assigning | None:
    for node in ast.walk(program.module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name.id:
            return _of_function(program, node, depth)
        if isinstance(node, ast.ClassDef) and node.name == name.id:
            setup = [one for one in program.methods(node) if one.name in {"__init__", "__new__", "__post_init__"}]
            return _worst([_of_function(program, one, depth) for one in setup])
    return None if _is_of_library(program, name) else Assigning.PERHAPS


def _of_function(program: Program, function: Definition, depth: int) -> Assigning | None:
    if depth >= DEEPEST:
        return Assigning.PERHAPS
    calls = [found for one in function.body for found in assigning_calls(program, one, depth + 1)]
    return _worst([assigning for _, assigning in calls])


def _worst(found: list[Assigning | None]) -> Assigning | None:
    return next((one for one in (Assigning.YES, Assigning.PERHAPS) if one in found), None)


def _is_of_library(program: Program, node: ast.expr) -> bool:
    """Whether an object comes from a library, which changes no variables but those that it has made itself."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        if program.dotted(node) is not None:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    bound = program.bindings.get(node.id, []) if isinstance(node, ast.Name) else []
    made = bound[0].value if len(bound) == 1 and isinstance(bound[0], ast.Assign) else None
    name = program.dotted(made.func) if isinstance(made, ast.Call) else None
    return name is not None and created_flavour(name) is None


# -- what lies between --------------------------------------------------------------------------------------------


def passed_by(program: Program, statement: ast.stmt, block: list[ast.stmt], place: ast.AST) -> list[ast.AST]:
    """What runs behind a statement of a block and before the block of a tape, or before the first use of a function."""
    rest = block[block.index(statement) + 1 :]
    around = [place, *program.around(place)]
    top = next((one for one in rest if one in around), None)
    if top is not None and not isinstance(top, DEFINITIONS):
        return [*_running(rest[: rest.index(top)]), *_before(program, top, place)]
    names = {one.name for one in around if isinstance(one, DEFINITIONS)}
    for number, other in enumerate(rest):
        used = next((one for one in ast.walk(other) if isinstance(one, ast.Name) and one.id in names), None)
        if isinstance(other, DEFINITIONS):
            names |= {other.name} if used is not None else set()
        elif used is not None:
            made = [one.id for target in getattr(other, "targets", ()) for one in [target] if isinstance(one, ast.Name)]
            if not (made and _is_class(program, used)):
                return [*_running(rest[:number]), *_before(program, other, used)]
            names |= {*made}  # an object of the class, which is used later
    return [*_running(rest)]


def _running(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [one for one in statements if not isinstance(one, DEFINITIONS)]


def _is_class(program: Program, name: ast.Name) -> bool:
    return any(cls.name == name.id for cls in program.classes())


def _before(program: Program, outer: ast.stmt, inner: ast.AST) -> Iterator[ast.AST]:
    """What of a compound statement runs before a part of it."""
    around = [inner, *program.around(inner)]
    if outer is inner:
        return
    for block in blocks_of(outer):
        within = next((one for one in block if one in around), None)
        if within is not None:
            yield from header_parts(outer)
            yield from _running(block[: block.index(within)])
            yield from _before(program, within, inner)
