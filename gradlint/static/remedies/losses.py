"""A loss that setup adds as a tensor is added by each call."""

from __future__ import annotations

import ast

from gradlint.changes import Change, Insert, Remove
from gradlint.diagnostics import Diagnostic
from gradlint.run import Kind, Role
from gradlint.static.remedies.effects import effects_of
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError, Slicer

COMES_ALIVE = "the loss that comes to life changes what the model trains towards"


def loss_change(program: Program, finding: Diagnostic) -> Change | None:
    """`add_loss` at the beginning of `call`."""
    spans = [stop.span for stop in finding.stops if stop.role is Role.KEPT and stop.kind is Kind.LOSS]
    for span in [*spans, finding.span]:
        for node in program.at.get(span, ()):
            statement = program.statement_of(node)
            if isinstance(statement, ast.Expr) and _adds_loss(statement.value):
                try:
                    return _moved(program, statement)
                except CannotChangeError:
                    return None
    return None


def _adds_loss(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_loss"


def _moved(program: Program, statement: ast.Expr) -> Change:
    owner = program.method_of(statement)
    if owner is None or statement not in owner[0].body:
        raise CannotChangeError
    method, cls = owner
    call = next((one for one in program.methods(cls) if one.name == "call"), None)
    if call is None or receiver_of(call) != receiver_of(method):
        raise CannotChangeError
    found = Slicer(program, cls, method, frozenset()).slice_to(statement)
    if found.stored or found.hoisted or any(one not in method.body for one in found.kept):
        raise CannotChangeError
    names = {name for one in found.kept for name in effects_of(one, receiver_of(method)).binds}
    if names & _names_in(call):
        raise CannotChangeError
    copied = tuple(program.span(one) for one in found.kept)
    reasons = [COMES_ALIVE]
    reasons += [f"gradlint cannot tell whether `{program.text(one)}` may run in every call" for one in found.doubts]
    return Change(
        "add the loss in `call`", (Insert(program.span(call), copied), Remove(program.span(statement))), tuple(reasons)
    )


def _names_in(function: Definition) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} | {
        node.arg for node in ast.walk(function) if isinstance(node, ast.arg)
    }
