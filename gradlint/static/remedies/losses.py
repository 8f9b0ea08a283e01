"""A loss that setup adds as a tensor is added by each call, or on Keras 2 computed by each."""

from __future__ import annotations

import ast

from gradlint.changes import Change, Insert, InsertBefore, Remove, Step, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Kind, Role, Span
from gradlint.static.remedies.effects import effects_of, simple_statements
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.purity import objections
from gradlint.static.remedies.slicing import CannotChangeError, Slice, Slicer, block_holding

DEEPEST = 3
"""So many locals are looked through, one behind the other."""
HARMLESS = frozenset({"tf.autograph.experimental.do_not_convert", "typing.override", "typing_extensions.override"})
COMES_ALIVE = "the loss that comes to life changes what the model trains towards"


def loss_change(program: Program, finding: Diagnostic) -> Change | None:
    """`add_loss` at the beginning of `call`."""
    for span in _places(finding):
        for node in program.at.get(span, ()):
            statement = program.statement_of(node)
            if isinstance(statement, ast.Expr) and _adds_loss(statement.value):
                try:
                    return _moved(program, statement, finding.dialect)
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
        above = [*method.body, *block_holding(method, statement)]
        if depth == 0 or len(made) != 1 or made[0] not in above or made[0].lineno >= statement.lineno:
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


def _moved(program: Program, statement: ast.Expr, dialect: Dialect) -> Change:
    owner = program.method_of(statement)
    if owner is None:
        raise CannotChangeError
    method, cls = owner
    call = next((one for one in program.methods(cls) if one.name == "call"), None)
    if call is None or receiver_of(call) != receiver_of(method) or _is_traced_apart(program, call):
        raise CannotChangeError
    if dialect is not Dialect.KERAS_3 and _builds_by_calling(program, cls):
        raise CannotChangeError
    found = Slicer(program, cls, method, frozenset()).slice_to(statement)
    units = _units(method, found.kept)
    binds = {name for one in units for name in effects_of(one, receiver_of(method)).binds}
    if found.hoisted or binds & _names_in(call):
        raise CannotChangeError
    place = next(one for one in units if statement in ast.walk(one))
    lines, substitutes = _stored(program, cls, found)
    steps: list[Step] = [InsertBefore(program.span(place), lines)] if lines else []
    steps.append(Insert(program.span(call), tuple(program.span(one) for one in units), substitutes))
    steps += [Remove(program.span(one)) for one in _unneeded(method, units, place)]
    reasons = [COMES_ALIVE]
    reasons += [f"gradlint cannot tell whether `{program.text(one)}` may run in every call" for one in found.doubts]
    return Change("add the loss in `call`", tuple(steps), tuple(reasons))


def _is_traced_apart(program: Program, call: Definition) -> bool:
    """Whether a decorator may run `call` in a graph of its own, which a loss must not leave."""
    return any(program.dotted(one) not in HARMLESS for one in call.decorator_list)


def _builds_by_calling(program: Program, cls: ast.ClassDef) -> bool:
    """Whether Keras 2 builds a model by calling it in a graph that it throws away, with the losses that it adds."""
    family = program.family(cls)
    models = any(program.dotted(base) == "keras.Model" for one in family for base in one.bases)
    return models and any(
        isinstance(node, ast.Attribute) and node.attr == "build" and isinstance(node.value, ast.Call)
        for one in family
        for node in ast.walk(one)
    )


def _units(method: Definition, kept: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a method's own block that hold what is moved, and nothing else.

    Raises:
        CannotChangeError: one holds something else, too.
    """
    units = [one for one in method.body if any(inner in kept for inner in simple_statements([one]))]
    for one in units:
        if one not in kept and not isinstance(one, (ast.If, ast.For)):
            raise CannotChangeError
        if any(inner not in kept for inner in simple_statements([one])):
            raise CannotChangeError
    return units


def _stored(program: Program, cls: ast.ClassDef, found: Slice) -> tuple[tuple[str, ...], tuple[Substitute, ...]]:
    """The lines that keep what only setup knows, and what is written for it elsewhere."""
    receiver = receiver_of(found.method)
    taken = {node.attr for node in ast.walk(cls) if isinstance(node, ast.Attribute)}
    lines: list[str] = []
    substitutes: list[Substitute] = []
    for name in dict.fromkeys(found.stored):
        attribute = f"_loss_{name.strip('_')}"
        if attribute in taken:
            raise CannotChangeError
        lines.append(f"{receiver}.{attribute} = {name}")
        for node in found.reads.get(name, ()):
            if any(isinstance(outer, ast.JoinedStr) for outer in program.around(node)):
                raise CannotChangeError
            substitutes.append(Substitute(program.span(node), f"{receiver}.{attribute}"))
    return tuple(lines), tuple(dict.fromkeys(substitutes))


def _unneeded(method: Definition, units: list[ast.stmt], place: ast.stmt) -> list[ast.stmt]:
    """Those of the moved statements that nothing else in the method needs."""
    receiver = receiver_of(method)
    gone = [*units]
    while True:
        read = {name for one in method.body if one not in gone for name in effects_of(one, receiver).reads}
        needed = [one for one in gone if one is not place and read & effects_of(one, receiver).writes]
        if not needed:
            return gone
        gone = [one for one in gone if one not in needed]


def _names_in(function: Definition) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} | {
        node.arg for node in ast.walk(function) if isinstance(node, ast.arg)
    }
