"""What is computed outside the tape, and asked for inside it, moves into the `with` block."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.changes import Change, MoveInto
from gradlint.diagnostics import Diagnostic
from gradlint.run import Role
from gradlint.static.remedies.effects import effects_of
from gradlint.static.remedies.passing import reasons_of_passing
from gradlint.static.remedies.program import Definition, Program
from gradlint.static.remedies.purity import Verdict, objections
from gradlint.static.remedies.slicing import CannotChangeError

CALLERS = 2
"""How far a fix looks for the tape: the function that reads a weight, its callers, and theirs."""
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)


def tape_change(program: Program, finding: Diagnostic) -> Change | None:
    """The statements between a finding's place and the tape, moved under the tape."""
    spans = [finding.span, *(stop.span for stop in finding.stops if stop.role in {Role.READ, Role.KEPT})]
    for span in spans:
        for node in program.at.get(span, ()):
            for statement in _statements(program, node, CALLERS):
                found = _beside(program, statement)
                if found is not None:
                    return found
    return None


def _statements(program: Program, node: ast.AST, callers: int) -> Iterator[ast.stmt]:
    """The statements around a node, and around the calls of its function."""
    for outer in (node, *program.around(node)):
        if isinstance(outer, ast.ClassDef):
            return
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for call in _calls_of(program, outer) if callers else ():
                yield from _statements(program, call, callers - 1)
            return
        if isinstance(outer, SIMPLE):
            yield outer


def _calls_of(program: Program, function: Definition) -> Iterator[ast.Call]:
    """What looks like a call of a function or method; whether it is one shows when the change is tried."""
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if name == function.name:
                yield node


def block_of(program: Program, statement: ast.stmt) -> list[ast.stmt]:
    """The block that a statement stands in; nothing for one of a `match` or a handler."""
    around = program.parents.get(statement)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(around, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return []


def is_tape(program: Program, statement: ast.stmt) -> bool:
    """Whether a statement is a `with` that records."""
    return isinstance(statement, ast.With) and any(
        isinstance(item.context_expr, ast.Call) and program.dotted(item.context_expr.func) == "tf.GradientTape"
        for item in statement.items
    )


def _beside(program: Program, statement: ast.stmt) -> Change | None:
    block = block_of(program, statement)
    if not block:
        return None
    place = block.index(statement)
    behind = next((n for n in range(place + 1, len(block)) if is_tape(program, block[n])), None)
    before = next((n for n in range(place - 1, -1, -1) if is_tape(program, block[n])), None)
    if before is not None:
        return _move(program, block[before], block[before + 1 : place + 1], [], at_start=False)
    if behind is not None:
        moved = _dependents(block, place, behind)
        if moved is None:
            return None
        passed = [one for one in block[place:behind] if one not in moved]
        return _move(program, block[behind], moved, passed, at_start=True)
    return None


def _dependents(block: list[ast.stmt], place: int, tape: int) -> list[ast.stmt] | None:
    """A statement with those up to the tape that need it; None if the others must not be passed by."""
    moved = [block[place]]
    written = set(effects_of(block[place], "").writes)
    read = set(effects_of(block[place], "").reads)
    for other in block[place + 1 : tape]:
        effects = effects_of(other, "")
        if set(effects.reads) & written:
            moved.append(other)
            written |= effects.writes
            read |= set(effects.reads)
        elif effects.writes & (read | written) or effects.opaque:
            return None
    return moved


def _move(
    program: Program, tape: ast.stmt, moved: list[ast.stmt], passed: list[ast.stmt], at_start: bool
) -> Change | None:
    try:
        reasons = list(dict.fromkeys(reasons_of_passing(program, moved, [*passed])))
    except CannotChangeError:
        return None
    for statement in moved:
        if not isinstance(statement, SIMPLE):
            return None
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute) and node.attr in {"gradient", "jacobian", "apply_gradients"}:
                return None
        for objection in objections(program, None, statement):
            name = program.dotted(objection.node.func) if isinstance(objection.node, ast.Call) else None
            if name == "tf.Variable" or (name or "").startswith("keras.layers."):
                return None
            if objection.verdict is Verdict.IMPURE:
                reasons.append(f"`{program.text(objection.node)[:40]}` is recorded by the tape, too")
    what = f"line {moved[0].lineno}" if len(moved) == 1 else f"lines {moved[0].lineno} to {moved[-1].lineno}"
    step = MoveInto(program.span(tape), tuple(program.span(one) for one in moved), at_start)
    return Change(f"move {what} into the block of the tape", (step,), tuple(reasons))
