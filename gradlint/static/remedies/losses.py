"""A loss that setup adds as a tensor is added by each call, or on Keras 2 computed by each."""

from __future__ import annotations

import ast

from gradlint.changes import Change, Insert, Remove, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Kind, Role, Span
from gradlint.static.remedies.effects import effects_of
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.purity import objections
from gradlint.static.remedies.slicing import CannotChangeError, Slicer

DEEPEST = 3
"""So many locals are looked through, one behind the other."""
COMES_ALIVE = "the loss that comes to life changes what the model trains towards"


def loss_change(program: Program, finding: Diagnostic) -> Change | None:
    """`add_loss` at the beginning of `call`."""
    for span in _places(finding):
        for node in program.at.get(span, ()):
            statement = program.statement_of(node)
            if isinstance(statement, ast.Expr) and _adds_loss(statement.value):
                try:
                    return _moved(program, statement)
                except CannotChangeError:
                    return None
    return None


def callable_change(program: Program, finding: Diagnostic) -> Change | None:
    """`add_loss(lambda: …)`, which Keras 2 calls after each forward pass; Keras 3 refuses it."""
    if finding.dialect is not Dialect.KERAS_2:
        return None
    for span in _places(finding):
        for node in program.at.get(span, ()):
            statement = program.statement_of(node)
            owner = None if statement is None else program.method_of(statement)
            if owner is not None and isinstance(statement, ast.Expr) and _adds_loss(statement.value):
                call = statement.value
                if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
                    return None
                try:
                    content = f"lambda: {_inlined(program, owner[0], call.args[0], statement, DEEPEST)}"
                except CannotChangeError:
                    return None
                if any(True for _ in objections(program, owner[1], call.args[0])):
                    return None
                step = Substitute(program.span(call.args[0]), content)
                return Change("give `add_loss` a function that computes the loss", (step,), (COMES_ALIVE,))
    return None


def _inlined(program: Program, method: Definition, node: ast.expr, statement: ast.stmt, depth: int) -> str:
    """The source of an expression with what its locals stand for in their place.

    Raises:
        CannotChangeError: a local has more than one meaning, or its making must not be repeated.
    """
    slicer = Slicer(program, ast.ClassDef("", [], [], [], []), method, frozenset())
    contents: list[tuple[ast.expr, str]] = []
    for name, nodes in effects_of(node, receiver_of(method)).reads.items():
        if name not in slicer.locals:
            continue
        made = [one for one in slicer.statements if name in effects_of(one, slicer.receiver).writes]
        if depth == 0 or len(made) != 1 or made[0] not in method.body or made[0].lineno >= statement.lineno:
            raise CannotChangeError
        value = made[0].value if isinstance(made[0], ast.Assign) and len(made[0].targets) == 1 else None
        if value is None or not isinstance(made[0], ast.Assign) or not isinstance(made[0].targets[0], ast.Name):
            raise CannotChangeError
        if any(True for _ in objections(program, None, value)):
            raise CannotChangeError
        inner = _inlined(program, method, value, made[0], depth - 1)
        if not isinstance(value, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
            inner = f"({inner})"
        contents += [(one, inner) for one in nodes]
    return program.text_with(node, contents)


def _places(finding: Diagnostic) -> list[Span]:
    return [*(stop.span for stop in finding.stops if stop.role is Role.KEPT and stop.kind is Kind.LOSS), finding.span]


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
