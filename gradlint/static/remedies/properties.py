"""What setup computed from a weight and kept becomes a property, which the forward pass computes under the tape."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gradlint.changes import AddProperty, Change, InsertBefore, Remove, Step, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Kind, Role, Span
from gradlint.static.remedies.effects import (
    blocks_of,
    effects_of,
    header_effects,
    parameters,
    root_of,
    simple_statements,
)
from gradlint.static.remedies.ownership import Home, home_of, setup_methods
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError, Slice, Slicer, block_holding, statements_around

SETUP_CODES = frozenset({"GRD101", "GRD102", "GRD103", "GRD104", "GRD105"})
PLAIN_TYPES = frozenset({"int", "float", "str", "bool", "bytes"})


@dataclass
class Plan:
    """What becomes of the attributes of one class: their homes and slices, in the order of the source."""

    cls: ast.ClassDef
    homes: dict[str, Home] = field(default_factory=dict)
    slices: dict[str, Slice] = field(default_factory=dict)


def property_change(program: Program, finding: Diagnostic) -> Change | None:
    """Properties in place of everything through which the finding's weight is kept frozen."""
    try:
        cls, seeds = _seeds(program, finding)
        return _change(program, _plan(program, cls, seeds, _seeds_beside(program, cls, finding)))
    except CannotChangeError:
        return None


def _seeds_beside(program: Program, cls: ast.ClassDef, finding: Diagnostic) -> list[str]:
    """The attributes of the same class that other findings about the weight speak of."""
    found: list[str] = []
    for other in program.findings:
        if other.code in SETUP_CODES and other.weight == finding.weight and other != finding:
            with contextlib.suppress(CannotChangeError):
                owner, seeds = _seeds(program, other)
                found += [seed for seed in seeds if owner in program.family(cls)]
    return found


def _seeds(program: Program, finding: Diagnostic) -> tuple[ast.ClassDef, list[str]]:
    """The class, and its attributes that first keep what was computed at the finding's place."""
    for stop in finding.stops:
        if stop.role is Role.KEPT and stop.kind is Kind.ATTRIBUTE:
            for node in program.at.get(stop.span, ()):
                found = program.method_of(node)
                if found is not None:
                    root = root_of(node, receiver_of(found[0]))
                    if root is not None and root.startswith("."):
                        return found[1], [root[1:]]
    for node in program.at.get(finding.span, ()):
        found = program.method_of(node)
        if found is not None:
            seeds = _kept_by(program, found[0], node)
            if seeds:
                return found[1], seeds
    raise CannotChangeError


def _kept_by(program: Program, method: Definition, node: ast.AST) -> list[str]:
    """The attributes into which the value of an expression flows within its method."""
    receiver = receiver_of(method)
    statements = list(Slicer(program, ast.ClassDef("", [], [], [], []), method, frozenset()).statements)
    first = program.statement_of(node)
    tainted: set[str] = set()
    reached: list[str] = []
    for _ in range(2):
        for statement in statements:
            effects = effects_of(statement, receiver)
            if statement is first or tainted & set(effects.reads):
                for name in sorted(effects.writes):
                    tainted.add(name)
                    if name.startswith(".") and name[1:] not in reached:
                        reached.append(name[1:])
    return reached


def _plan(program: Program, cls: ast.ClassDef, seeds: list[str], beside: list[str]) -> Plan:
    plan = Plan(cls)
    for attribute in seeds:
        plan.homes[attribute] = home_of(program, cls, attribute)
    for attribute in beside:
        with contextlib.suppress(CannotChangeError):
            home = home_of(program, cls, attribute)
            _sliced(program, home, attribute, frozenset([*plan.homes, attribute]))
            plan.homes.setdefault(attribute, home)
    grown = True
    while grown:
        grown = False
        for attribute in _written_in_setup(program, cls):
            if attribute in plan.homes:
                continue
            try:
                home = home_of(program, cls, attribute)
                found = _sliced(program, home, attribute, frozenset(plan.homes))
            except CannotChangeError:
                continue
            if {f".{name}" for name in plan.homes} & set(found.reads):
                plan.homes[attribute] = home
                grown = True
    converted = frozenset(plan.homes)
    for attribute, home in plan.homes.items():
        plan.slices[attribute] = _sliced(program, home, attribute, converted)
    return plan


def _sliced(program: Program, home: Home, attribute: str, converted: frozenset[str]) -> Slice:
    return Slicer(program, home.cls, home.method, converted).slice_of(attribute)


def _written_in_setup(program: Program, cls: ast.ClassDef) -> list[str]:
    found: dict[str, None] = {}
    for method in setup_methods(program, cls):
        for name in sorted(program.effects(method).writes):
            if name.startswith("."):
                found[name[1:]] = None
    return list(found)


# -- the change -------------------------------------------------------------------------------------------------


def _change(program: Program, plan: Plan) -> Change:
    steps: list[Step] = []
    reasons: list[str] = []
    ordered = sorted(plan.slices.items(), key=lambda item: program.span(item[1].writers[0]))
    removed = _removed(program, plan)
    for attribute, found in ordered:
        home = plan.homes[attribute]
        reasons += home.reasons
        reasons += _reasons(program, home, found, frozenset(plan.homes))
        writer = Writer(program, plan, found, removed, steps)
        writer.write()
        reasons += writer.reasons
        steps += [Remove(program.span(one)) for one in home.placeholders]
    steps += [Remove(program.span(statement)) for statement in removed]
    names = " and ".join(f"`self.{name}`" for name, _ in ordered)
    message = f"make {names} {'a property' if len(ordered) == 1 else 'properties'}"
    return Change(message, tuple(dict.fromkeys(steps)), tuple(dict.fromkeys(reasons)))


def _removed(program: Program, plan: Plan) -> list[ast.stmt]:
    """The statements that setup no longer needs: what wrote the attributes, and locals that only they needed."""
    converted = {f".{name}" for name in plan.homes}
    removed: list[ast.stmt] = []
    for method in {id(home.method): home.method for home in plan.homes.values()}.values():
        receiver = receiver_of(method)
        slicer = Slicer(program, plan.cls, method, frozenset(plan.homes))
        kept = {one for found in plan.slices.values() if found.method is method for one in found.kept}
        gone = {one for one in kept if effects_of(one, receiver).writes & converted}
        stored = {name for found in plan.slices.values() if found.method is method for name in found.stored}
        changed = True
        while changed:
            changed = False
            staying = [one for one in slicer.statements if one not in gone]
            read = {name for one in staying for name in effects_of(one, receiver).reads} | stored
            read |= _read_by_headers(method, receiver, gone)
            for statement in kept - gone:
                others = {name for one in staying if one is not statement for name in effects_of(one, receiver).reads}
                others |= stored | _read_by_headers(method, receiver, gone)
                if not effects_of(statement, receiver).writes & others and effects_of(statement, receiver).writes:
                    gone.add(statement)
                    changed = True
                    break
        for statement in gone:
            local = {name for name in effects_of(statement, receiver).writes if name not in converted}
            staying = [one for one in slicer.statements if one not in gone]
            needed = {name for one in staying for name in effects_of(one, receiver).reads}
            if local & (needed | stored | _read_by_headers(method, receiver, gone)):
                raise CannotChangeError
        removed += [one for one in slicer.statements if one in gone]
    return removed


def _read_by_headers(method: Definition, receiver: str, gone: set[ast.stmt]) -> set[str]:
    """What the compound statements that stay read themselves."""
    found: set[str] = set()
    for node in ast.walk(method):
        if node is method or not isinstance(node, ast.stmt) or not any(True for _ in blocks_of(node)):
            continue
        if any(one not in gone for one in simple_statements([node])):
            found |= set(header_effects(node, receiver).reads)
    return found


def _reasons(program: Program, home: Home, found: Slice, converted: frozenset[str]) -> list[str]:
    """Why the property's value may be another than the one that setup computed."""
    reasons = []
    for node in found.doubts:
        reasons.append(f"gradlint cannot tell whether `{_short(program.text(node))}` may run in every call")
    setup = setup_methods(program, home.cls)
    names = sorted(name for name in found.reads if name.startswith(".") and name[1:] not in converted)
    last = found.kept[-1]
    for name in names:
        writers = [
            (method, statement)
            for owner in program.family(home.cls)
            for method in program.methods(owner)
            for statement in Slicer(program, owner, method, frozenset()).statements
            if name in effects_of(statement, receiver_of(method)).writes
        ]
        for method, statement in writers:
            if method not in setup:
                reasons.append(f"`{method.name}` changes `self{name}`, which the property would then read")
            elif method is found.method and statement.lineno > last.lineno:
                reasons.append(f"`{method.name}` changes `self{name}` after it was read")
            elif found.method.name == "__init__" and method.name != "__init__":
                reasons.append(f"`{method.name}` changes `self{name}` after `__init__` has read it")
    for name, bound in program.bindings.items():
        if name in found.reads and len(bound) > 1 and name not in program.libraries:
            reasons.append(f"`{name}` is bound more than once in this module")
    return reasons


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"


class Writer:
    """Writes the steps for one attribute."""

    def __init__(self, program: Program, plan: Plan, found: Slice, removed: list[ast.stmt], steps: list[Step]) -> None:
        self.program, self.plan, self.found, self.removed, self.steps = program, plan, found, removed, steps
        self.receiver = receiver_of(found.method)
        self.reasons: list[str] = []
        self.taken = {name for one in program.classes() for name in _attribute_names(one)}

    def write(self) -> None:
        """Add the steps: what has to be stored, then the property."""
        found, program = self.found, self.program
        substitutes: list[Substitute] = []
        lines: list[str] = []
        for name in dict.fromkeys(found.stored):
            attribute = self._alias(name) or self._store(name, lines)
            for node in found.reads.get(name, ()):
                self._not_in_string(node)
                substitutes.append(Substitute(program.span(node), f"{self.receiver}.{attribute}"))
        for call in found.hoisted:
            attribute = self._fresh(_name_of(call))
            lines.append(f"{self.receiver}.{attribute} = {program.text(call)}")
            self._not_in_string(call)
            hoisted = program.span(call)
            substitutes = [one for one in substitutes if not _holds(hoisted, one.span)]
            substitutes.append(Substitute(hoisted, f"{self.receiver}.{attribute}"))
        if lines:
            self.steps.append(InsertBefore(program.span(self._anchor()), tuple(lines)))
        self.steps.append(self._property(substitutes))

    def _property(self, substitutes: list[Substitute]) -> AddProperty:
        found, program = self.found, self.program
        attribute = found.attribute
        copied = frozenset(program.span(one) for one in [*found.kept, *found.compounds(program)])
        moved = frozenset(program.span(one) for one in found.kept if one in self.removed)
        result = None
        local = ""
        last = found.kept[-1]
        own = [node for one in found.kept for node in effects_of(one, self.receiver).reads.get(f".{attribute}", ())]
        if found.writers == [last] and not own and last in found.method.body + self._transparent():
            result = _plain_value(last, attribute, self.receiver)
        if result is None:
            local = self._local_name(attribute)
            for one in found.kept:
                for node in ast.walk(one):
                    if (
                        isinstance(node, ast.Attribute)
                        and node.attr == attribute
                        and isinstance(node.value, ast.Name)
                        and node.value.id == self.receiver
                    ):
                        self._not_in_string(node)
                        substitutes.append(Substitute(program.span(node), local))
                if any(_is_setattr(node) for node in ast.walk(one)):
                    raise CannotChangeError
            for compound in found.compounds(program):
                if f".{attribute}" in header_effects(compound, self.receiver).reads:
                    raise CannotChangeError
        return AddProperty(
            method=program.span(found.method),
            receiver=self.receiver,
            name=attribute,
            copied=copied,
            substitutes=tuple(substitutes),
            result=None if result is None else program.span(result),
            local=local,
            moved=moved,
        )

    def _transparent(self) -> list[ast.stmt]:
        """The writer, if only `with` blocks stand around it: a `return` in one of those is the same."""
        last = self.found.kept[-1]
        around = statements_around(self.program, last, self.found.method)
        return [last] if all(isinstance(outer, ast.With) for outer in around) else []

    def _anchor(self) -> ast.stmt:
        """The statement before which values are stored: they are known by then, whatever branch is taken."""
        program, method = self.program, self.found.method
        last = self.found.writers[-1]
        outers = [one for one in statements_around(program, last, method) if isinstance(one, ast.stmt)]
        anchor = last
        for outer in outers:
            if not isinstance(outer, ast.With):
                anchor = outer
        block_holding(method, anchor)
        slicer = Slicer(program, self.plan.cls, method, frozenset())
        inside = set(ast.walk(anchor)) if anchor is not last else set()
        order = {statement: number for number, statement in enumerate(slicer.statements)}
        for name in self.found.stored:
            definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
            readers = [one for one in self.found.kept if name in effects_of(one, self.receiver).reads]
            if any(one in inside for one in definitions):
                raise CannotChangeError
            if readers and any(order[one] > order[readers[0]] for one in definitions):
                raise CannotChangeError
        return anchor

    def _alias(self, name: str) -> str | None:
        """An attribute that holds a local's or parameter's value already."""
        slicer = Slicer(self.program, self.plan.cls, self.found.method, frozenset())
        definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
        if len(definitions) > (0 if name in slicer.parameters else 1):
            return None
        for statement in self.found.method.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
                targets = statement.targets if statement.value.id == name else []
            elif isinstance(statement, ast.Assign) and statement in definitions:
                targets = statement.targets
            for target in targets:
                root = root_of(target, self.receiver)
                if (
                    isinstance(target, ast.Attribute)
                    and root == f".{target.attr}"
                    and target.attr not in self.plan.homes
                    and self._written_once(target.attr)
                ):
                    return target.attr
        return None

    def _written_once(self, attribute: str) -> bool:
        program = self.program
        writers = [
            one
            for owner in program.family(self.plan.cls)
            for method in program.methods(owner)
            for one in Slicer(program, owner, method, frozenset()).statements
            if f".{attribute}" in effects_of(one, receiver_of(method)).writes
        ]
        return len(writers) == 1 and not any(
            one.name == attribute for owner in program.family(self.plan.cls) for one in program.methods(owner)
        )

    def _store(self, name: str, lines: list[str]) -> str:
        attribute = self._fresh(name)
        lines.append(f"{self.receiver}.{attribute} = {name}")
        if not self._is_plain(name):
            self.reasons.append(f"`{name}` becomes an attribute, which Keras tracks if it holds a layer or a variable")
        return attribute

    def _fresh(self, name: str) -> str:
        wanted = f"_{self.found.attribute.strip('_')}_{name.strip('_')}"
        number = 1
        fresh = wanted
        while fresh in self.taken:
            number += 1
            fresh = f"{wanted}_{number}"
        self.taken.add(fresh)
        return fresh

    def _is_plain(self, name: str) -> bool:
        """Whether a value is certainly no layer and no variable that nobody tracked before."""
        method = self.found.method
        if name in parameters(method):
            if method.name == "build":
                return True
            given = method.args
            for argument, default in _with_defaults(given):
                if argument.arg == name:
                    if isinstance(argument.annotation, ast.Name) and argument.annotation.id in PLAIN_TYPES:
                        return True
                    return isinstance(default, ast.Constant) and default.value is not None
            return False
        slicer = Slicer(self.program, self.plan.cls, method, frozenset())
        definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
        return all(isinstance(one, ast.Assign) and self._makes_plain(one.value) for one in definitions)

    def _makes_plain(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Call):
            called = self.program.dotted(value.func)
            if called in {"builtins.int", "builtins.float", "builtins.len", "builtins.tuple", "builtins.list"}:
                return True
            if isinstance(value.func, ast.Attribute) and value.func.attr == "add_weight":
                return True
            return called is not None and called.startswith(("tf.random.", "np.", "tf.shape"))
        return not any(isinstance(node, ast.Call) for node in ast.walk(value))

    def _local_name(self, attribute: str) -> str:
        used = {node.id for one in self.found.kept for node in ast.walk(one) if isinstance(node, ast.Name)} | {
            one.arg for kept in self.found.kept for one in ast.walk(kept) if isinstance(one, ast.arg)
        }
        local = attribute.strip("_") or "value"
        while local in used:
            local += "_"
        return local

    def _not_in_string(self, node: ast.AST) -> None:
        if any(isinstance(outer, ast.JoinedStr) for outer in self.program.around(node)):
            raise CannotChangeError


def _attribute_names(cls: ast.ClassDef) -> Iterable[str]:
    for node in ast.walk(cls):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name


def _with_defaults(given: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    return [
        *zip(plain, [*defaults, *given.defaults], strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]


def _name_of(call: ast.expr) -> str:
    """What to call the value of a call: the name that it gives a weight, or what is called."""
    if isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                name = str(keyword.value.value)
                if name.isidentifier():
                    return name
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "value")
        return re.sub(r"\W", "_", str(called)).lower()
    return "value"


def _plain_value(statement: ast.stmt, attribute: str, receiver: str) -> ast.expr | None:
    """The value of `self.attribute = value`."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        own = isinstance(target, ast.Attribute) and root_of(target, receiver) == f".{attribute}"
        return statement.value if own else None
    if isinstance(statement, ast.Expr) and _is_setattr(statement.value) and isinstance(statement.value, ast.Call):
        return statement.value.args[2] if len(statement.value.args) == 3 else None
    return None


def _is_setattr(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr"


def _holds(outer: Span, inner: Span) -> bool:
    return (outer.row, outer.column) <= (inner.row, inner.column) and (inner.end_row, inner.end_column) <= (
        outer.end_row,
        outer.end_column,
    )
