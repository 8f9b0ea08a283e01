"""What setup computed from a weight and kept becomes a property, which the forward pass computes under the tape."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gradlint.changes import Change, Remove, Step
from gradlint.diagnostics import Diagnostic
from gradlint.run import Kind, Role
from gradlint.static.knowledge import among, starts_among
from gradlint.static.remedies.effects import (
    blocks_of,
    effects_of,
    header_effects,
    header_parts,
    root_of,
    simple_statements,
)
from gradlint.static.remedies.ownership import Home, changed_outside, home_of, setup_methods
from gradlint.static.remedies.passing import Assigning, assigning_calls
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.purity import objections
from gradlint.static.remedies.slicing import CannotChangeError, Slice, Slicer
from gradlint.static.remedies.uses import reasons_of_uses
from gradlint.static.remedies.writing import Writer

ALL = "*"
"""Stands for every local: `locals()` asks for them."""
SETUP_CODES = frozenset({"GRD101", "GRD102", "GRD103", "GRD104", "GRD105"})


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


def owner_property_change(program: Program, finding: Diagnostic) -> Change | None:
    """The same where the weight is read, if another object keeps what is computed there."""
    try:
        cls, seeds = _seeds_at(program, finding)
        if (cls, seeds) == _seeds(program, finding):
            return None
        return _change(program, _plan(program, cls, seeds, []))
    except CannotChangeError:
        return None


def _seeds_beside(program: Program, cls: ast.ClassDef, finding: Diagnostic) -> list[str]:
    """The attributes of the same class that other findings about the weight speak of."""
    found: list[str] = []
    for other in program.findings:
        is_about = other.code in SETUP_CODES and other.weight == finding.weight
        if is_about and other != finding and other.span not in program.suppressed:
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
    return _seeds_at(program, finding)


def _seeds_at(program: Program, finding: Diagnostic) -> tuple[ast.ClassDef, list[str]]:
    """The class of a finding's place, and its attributes into which the value flows within the method."""
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
        plan.homes.update(_homes(program, cls, attribute))
    for attribute in beside:
        with contextlib.suppress(CannotChangeError):
            homes = _homes(program, cls, attribute)
            for one, home in homes.items():
                _sliced(program, home, one, frozenset([*plan.homes, *homes]))
            plan.homes.update(homes)
    grown = True
    while grown:
        grown = False
        for attribute in _written_in_setup(program, cls):
            if attribute in plan.homes:
                continue
            try:
                homes = _homes(program, cls, attribute)
                found = _sliced(program, homes[attribute], attribute, frozenset([*plan.homes, *homes]))
            except CannotChangeError:
                continue
            if any(program.is_meant(one) for one in found.writers):
                continue
            if _reads_any(program, found, plan.homes) and not _leaves(program, found):
                plan.homes.update(homes)
                grown = True
    converted = frozenset(plan.homes)
    for attribute, home in plan.homes.items():
        plan.slices[attribute] = _sliced(program, home, attribute, converted)
    return plan


def _reads_any(program: Program, found: Slice, attributes: Iterable[str]) -> bool:
    """Whether a value is computed from attributes; what only tells a weight or layer its size is none of it."""
    made = {part for call in found.hoisted for part in ast.walk(call)}
    return any(node not in made for name in attributes for node in found.reads.get(f".{name}", ()))


def _leaves(program: Program, found: Slice) -> bool:
    """Whether a value leaves TensorFlow on its way, which it can do in setup, but not in a graph."""
    calls = [node for one in found.kept for node in ast.walk(one) if isinstance(node, ast.Call)]
    return any(
        (isinstance(one.func, ast.Attribute) and among("leaving_methods", one.func.attr))
        or among("leaves_tensorflow", name := program.dotted(one.func) or "")
        or starts_among("leaves_tensorflow_prefixes", name)
        for one in calls
    )


def _homes(program: Program, cls: ast.ClassDef, attribute: str) -> dict[str, Home]:
    """The home of an attribute, and of those that the same statements assign."""
    homes: dict[str, Home] = {}
    waiting = [attribute]
    while waiting:
        name = waiting.pop()
        if name in homes:
            continue
        homes[name] = home = home_of(program, cls, name)
        for statement in simple_statements(home.method.body):
            writes = effects_of(statement, receiver_of(home.method)).writes
            if f".{name}" in writes:
                waiting += sorted(one[1:] for one in writes if one.startswith("."))
    return homes


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
        reasons += reasons_of_uses(program, home.cls, attribute, found.kept)
        writer = Writer(program, plan.cls, frozenset(plan.homes), found, removed, steps)
        writer.write()
        reasons += writer.reasons
        steps += [*home.steps, *(Remove(program.span(one)) for one in home.placeholders)]
    steps += [Remove(program.span(statement)) for statement in removed]
    reasons += _reasons_of_handlers(program, removed)
    reasons += _reasons_of_copies(program, plan)
    names = " and ".join(f"`self.{name}`" for name, _ in ordered)
    message = f"make {names} {'a property' if len(ordered) == 1 else 'properties'}"
    return Change(message, tuple(dict.fromkeys(steps)), tuple(dict.fromkeys(reasons)))


def _reasons_of_handlers(program: Program, removed: list[ast.stmt]) -> Iterator[str]:
    """Statements that run if a removed one fails, or only if it does not."""
    for statement in removed:
        inside: ast.AST = statement
        for outer in program.around(statement):
            if isinstance(outer, ast.Try) and inside in outer.body and outer not in removed:
                beside = [*outer.orelse, *(one for handler in outer.handlers for one in handler.body)]
                if any(one not in removed and not isinstance(one, ast.Pass) for one in simple_statements(beside)):
                    yield f"the `try` in line {outer.lineno} no longer sees whether it fails"
            inside = outer


def _reasons_of_copies(program: Program, plan: Plan) -> Iterator[str]:
    """Attributes that only copy what another attribute is computed from: their start may be what is wanted."""
    for attribute, found in plan.slices.items():
        receiver = receiver_of(found.method)
        others = [other for name, other in plan.slices.items() if name != attribute]
        for statement in found.writers:
            source = _copied(program, statement, receiver)
            read = any(source in other.reads and f".{attribute}" not in other.reads for other in others)
            if source is not None and read:
                yield f"`self.{attribute}` may be meant to stay what `self{source}` was at the start"


def _copied(program: Program, statement: ast.stmt, receiver: str) -> str | None:
    """The attribute that a statement copies as it is."""
    call = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Attribute) and among("copying_methods", call.func.attr):
        root = root_of(call.func.value, receiver)
        return root if root is not None and root.startswith(".") else None
    if not call.args or not among("copying", program.dotted(call.func) or ""):
        return None
    root = root_of(call.args[0], receiver)
    return root if root is not None and root.startswith(".") else None


def _removed(program: Program, plan: Plan) -> list[ast.stmt]:
    """The statements that setup no longer needs: what wrote the attributes, and locals that only they needed."""
    converted = {f".{name}" for name in plan.homes}
    removed: list[ast.stmt] = []
    for method in {id(home.method): home.method for home in plan.homes.values()}.values():
        receiver = receiver_of(method)
        everything = list(simple_statements(method.body))
        slices = [found for found in plan.slices.values() if found.method is method]
        stored = {name for found in slices for name in found.stored}
        stored |= {name for found in slices for names in found.rounds.values() for name in names}
        gone = {one for found in slices for one in found.kept}
        gone |= {one for one in everything if isinstance(one, ast.Delete)}
        while True:
            staying = [one for one in everything if one not in gone]
            needed = {name for one in staying for name in effects_of(one, receiver).reads} | stored
            needed |= _read_by_headers(method, receiver, gone)
            needed |= {ALL for one in staying if effects_of(one, receiver).asks_all}
            back = [one for one in gone if _is_needed(program, one, receiver, needed, gone)]
            if not back:
                break
            if any(effects_of(one, receiver).writes & converted for one in back):
                raise CannotChangeError
            gone -= set(back)
        removed += [one for one in everything if one in gone]
        removed += _emptied(program, plan.cls, method, gone, needed)
    return removed


def _is_needed(program: Program, statement: ast.stmt, receiver: str, needed: set[str], gone: set[ast.stmt]) -> bool:
    """Whether what stays needs a statement: the names that it binds, or its jump out of a loop that stays."""
    if isinstance(statement, (ast.Break, ast.Continue)):
        loop = next(outer for outer in program.around(statement) if isinstance(outer, (ast.For, ast.While)))
        return any(one not in gone for one in simple_statements([loop]))
    if isinstance(statement, ast.Delete):
        return _deletes_what_stays(program, statement, receiver, gone)
    bound = {name for name in effects_of(statement, receiver).writes if not name.startswith(".")}
    return bool(bound & needed) or (bool(bound) and ALL in needed)


def _deletes_what_stays(program: Program, statement: ast.Delete, receiver: str, gone: set[ast.stmt]) -> bool:
    """Whether anything that a `del` speaks of is still there."""
    owner = program.method_of(statement)
    body = owner[0].body if owner is not None else []
    deleted = effects_of(statement, receiver).writes
    makers = [one for one in simple_statements(body) if deleted & effects_of(one, receiver).writes]
    return any(one not in gone and one is not statement for one in makers) or len(makers) == 1


def _emptied(
    program: Program, cls: ast.ClassDef, method: Definition, gone: set[ast.stmt], needed: set[str]
) -> list[ast.stmt]:
    """The compound statements that hold nothing any more, and whose headers do and name nothing that is missed."""
    return [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.stmt)
        and node is not method
        and any(True for _ in blocks_of(node))
        and all(one in gone for one in simple_statements([node]))
        and not any(True for part in header_parts(node) for _ in objections(program, cls, part))
        and not header_effects(node, receiver_of(method)).binds & needed
    ]


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
        outside = changed_outside(program, home.cls, name[1:])
        if outside is not None:
            reasons.append(f"{outside} is set from outside of the class, and the property would then read that")
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
    for statement in simple_statements(found.method.body):
        if statement.lineno > last.lineno:
            reasons += _reasons_of_calls(program, statement, receiver_of(found.method), names)
    declared = {name for node in ast.walk(program.module.tree) if isinstance(node, ast.Global) for name in node.names}
    for name in sorted(declared & set(found.reads)):
        reasons.append(f"a function binds `{name}` anew")
    for name, bound in program.bindings.items():
        if name in found.reads and len(bound) > 1 and name not in program.libraries:
            reasons.append(f"`{name}` is bound more than once in this module")
    return reasons


def _reasons_of_calls(program: Program, statement: ast.stmt, receiver: str, names: list[str]) -> Iterator[str]:
    """What a statement gives the object, or what was read of it, to change it afterwards."""
    for call, assigning in assigning_calls(program, statement):
        given = [part for one in (*call.args, *(one.value for one in call.keywords)) for part in ast.walk(one)]
        own = any(isinstance(one, ast.Name) and one.id == receiver for one in given)
        only_for_effect = isinstance(statement, ast.Expr) and statement.value is call
        if own and (assigning is Assigning.YES or only_for_effect):
            words = " and ".join(f"`self{name}`" for name in names) or "a variable"
            perhaps = "changes" if assigning is Assigning.YES else "may change"
            yield f"`{_short(program.text(call))}` {perhaps} {words} afterwards, which the property would then read"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
