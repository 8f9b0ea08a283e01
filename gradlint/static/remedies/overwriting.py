"""What the forward phase computes from a weight gets a name of its own, where it overwrote the weight's attribute."""

from __future__ import annotations

import ast

from gradlint.changes import Change, InsertBefore, Step, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Kind, Role
from gradlint.static.remedies.effects import root_of
from gradlint.static.remedies.ownership import setup_methods
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.slicing import statements_around

CARRIED_OVER = "no call begins any more with what the call before it left in `self.{}`"


def local_change(program: Program, finding: Diagnostic) -> Change | None:
    """A local in place of the attribute, from the statement on that overwrites it."""
    for stop in finding.stops:
        if stop.role is not Role.KEPT or stop.kind is not Kind.OVERWRITTEN:
            continue
        for node in program.at.get(stop.span, ()):
            owner = program.method_of(node)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and owner is not None:
                return _named(program, node, *owner)
    return None


def _named(program: Program, target: ast.Attribute, method: Definition, cls: ast.ClassDef) -> Change | None:
    setup = setup_methods(program, cls)
    attribute = target.attr
    own = _occurrences(method, attribute)
    statement = program.statement_of(target)
    inside = [one for one in own if not isinstance(one.ctx, ast.Load)]
    if method in setup or statement is None or any(isinstance(one.ctx, ast.Del) for one in inside):
        return None
    if min(inside, key=_place) is not target:
        return None  # another statement overwrites it before
    steps: list[Step] = []
    local = _fresh(method, attribute)
    around = [one for one in statements_around(program, statement, method) if not isinstance(one, ast.With)]
    if isinstance(statement, ast.Assign) and not around:
        later = [one for one in own if _place(one) > _last(statement)]
        renamed = [target, *later]
    else:
        top = next(one for one in (statement, *program.around(statement)) if one in method.body)
        steps.append(InsertBefore(program.span(top), (f"{local} = {program.text(target)}",)))
        renamed = [one for one in own if _place(one) >= (top.lineno, top.col_offset)]
    if not any(isinstance(one.ctx, ast.Load) and _place(one) > _last(statement) for one in renamed):
        return None  # what it holds is for other methods
    if any(isinstance(outer, ast.JoinedStr) for one in renamed for outer in program.around(one)):
        return None
    steps += [Substitute(program.span(one), local) for one in renamed]
    reasons = [CARRIED_OVER.format(attribute)]
    for one in program.family(cls):
        for other in program.methods(one):
            if other is not method and other not in setup and _occurrences(other, attribute):
                reasons.append(f"`{other.name}` reads `self.{attribute}`, too, and sees the weight itself")
    return Change(f"name the result `{local}`", tuple(steps), tuple(dict.fromkeys(reasons)))


def _occurrences(method: Definition, attribute: str) -> list[ast.Attribute]:
    receiver = receiver_of(method)
    return [
        one
        for one in ast.walk(method)
        if isinstance(one, ast.Attribute) and one.attr == attribute and root_of(one, receiver) == f".{attribute}"
    ]


def _fresh(method: Definition, attribute: str) -> str:
    """A name that the method does not use."""
    used = {one.id for one in ast.walk(method) if isinstance(one, ast.Name)}
    used |= {one.arg for one in ast.walk(method) if isinstance(one, ast.arg)}
    local = attribute.strip("_") or "value"
    while local in used:
        local += "_"
    return local


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _last(statement: ast.stmt) -> tuple[int, int]:
    return statement.end_lineno or statement.lineno, statement.end_col_offset or 0
