"""Who assigns, changes and tests an attribute: what a property in its place would break."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache

from gradlint.changes import Step
from gradlint.static.knowledge import among, attributes_of_layer, base_kind
from gradlint.static.remedies.effects import effects_of, root_of, simple_statements
from gradlint.static.remedies.fields import Declared, declared_in, is_none
from gradlint.static.remedies.program import FIRST_METHODS, Definition, Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError

LATER = "`{}` computes it when it is called, and the property whenever it is read"


@dataclass
class Home:
    """Where an attribute gets its value: one setup method. `placeholders` are assignments of None before that."""

    cls: ast.ClassDef
    method: Definition
    placeholders: list[ast.stmt] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    """What else makes room for a property of that name."""


def setup_methods(program: Program, cls: ast.ClassDef) -> dict[Definition, ast.ClassDef]:
    """The methods of a family that run when an object is made or built, with their classes."""
    family = program.family(cls)
    waiting = [(m, one) for one in family for m in program.methods(one) if m.name in FIRST_METHODS]
    found: dict[Definition, ast.ClassDef] = {}
    while waiting:
        method, owner = waiting.pop(0)
        if method in found:
            continue
        found[method] = owner
        for node in ast.walk(method):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == receiver_of(method)
            ):
                waiting += [
                    (m, one)
                    for one in family
                    for m in program.methods(one)
                    if m.name == node.func.attr and m.name not in {"call", "__call__"}
                ]
    return found


def home_of(program: Program, cls: ast.ClassDef, attribute: str) -> Home:
    """The one setup method that gives an attribute its value.

    Raises:
        CannotChangeError: there is none, or something else assigns, changes or deletes the attribute too.
    """
    setup = setup_methods(program, cls)
    wanted = f".{attribute}"
    writers: dict[Definition, ast.ClassDef] = {}
    placeholders: list[ast.stmt] = []
    declared: list[Declared] = []
    family = program.family(cls)
    for owner in family:
        if any(isinstance(node, ast.Attribute) and node.attr == "__dict__" for node in ast.walk(owner)):
            raise CannotChangeError
        declared.append(declared_in(program, owner, attribute))
        for method in program.methods(owner):
            for statement in simple_statements(method.body):
                effects = effects_of(statement, receiver_of(method))
                if effects.hides and not isinstance(statement, (ast.ClassDef, ast.Global, ast.Nonlocal)):
                    raise CannotChangeError
                if any(_may_be(program, one, attribute) for one in effects.computed):
                    raise CannotChangeError
                if wanted not in effects.writes:
                    continue
                if is_none(statement) and method.name == "__init__":
                    placeholders.append(statement)
                else:
                    writers[method] = owner
    if len(writers) != 1:
        raise CannotChangeError
    ((method, owner),) = writers.items()
    home = Home(owner, method, [*placeholders, *(one for each in declared for one in each.removed)])
    home.steps += [one for each in declared for one in each.steps]
    home.reasons += [one for each in declared for one in each.reasons]
    if method not in setup:
        if _is_called_by_others(program, family, method):
            home.reasons.append(f"gradlint does not see when `{method.name}` is called")
        else:
            home.reasons.append(LATER.format(method.name))
    if home.placeholders and _tested(program, family, attribute):
        raise CannotChangeError
    _strangers(program, family, attribute, home)
    _bases(program, family, attribute, home)
    return home


def _has_hidden_base(program: Program, family: list[ast.ClassDef]) -> bool:
    """Whether some base is neither here nor a library's."""
    known = {owner.name for owner in family}
    bases = [base for owner in family for base in owner.bases if getattr(base, "id", None) not in known]
    return any(base_kind(program.dotted(base) or "") is None for base in bases)


def _is_called_by_others(program: Program, family: list[ast.ClassDef], method: Definition) -> bool:
    """Whether nothing here calls a method, but a base class may that stands in another module."""
    called = any(isinstance(one, ast.Attribute) and one.attr == method.name for one in ast.walk(program.module.tree))
    return (
        _has_hidden_base(program, family)
        and not called
        and not method.decorator_list
        and not method.name.startswith("__")
    )


def _may_be(program: Program, name: ast.expr, attribute: str) -> bool:
    """Whether a computed name may be that of an attribute."""
    if isinstance(name, ast.BinOp) and isinstance(name.op, ast.Add):
        first, last = name.left, name.right
        starts = not isinstance(first, ast.Constant) or attribute.startswith(str(first.value))
        return starts and (not isinstance(last, ast.Constant) or attribute.endswith(str(last.value)))
    if isinstance(name, ast.JoinedStr) and name.values:
        first, last = name.values[0], name.values[-1]
        starts = not isinstance(first, ast.Constant) or attribute.startswith(str(first.value))
        return starts and (not isinstance(last, ast.Constant) or attribute.endswith(str(last.value)))
    if isinstance(name, ast.Name):
        for outer in program.around(name):
            if isinstance(outer, ast.For) and name.id in {one.id for one in _names_in(outer.target)}:
                known = _counted_through(program, outer, name.id)
                return not all(isinstance(one, ast.Constant) and one.value != attribute for one in known or [name])
    return True


def _names_in(target: ast.expr) -> list[ast.Name]:
    return [one for one in ast.walk(target) if isinstance(one, ast.Name)]


def _counted_through(program: Program, loop: ast.For, name: str) -> list[ast.expr]:
    """What a loop binds a name to, one after the other, where a literal says so; nothing where it cannot be told."""
    table = loop.iter
    pairs = isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) and table.func.attr == "items"
    if isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) and table.func.attr in {"items", "keys"}:
        table = table.func.value
    found: list[ast.expr] = []
    for one in _literals(program, table):
        items = one.keys if isinstance(one, ast.Dict) else getattr(one, "elts", [None])
        for item in items:
            if isinstance(loop.target, ast.Name) and not pairs:
                part: ast.expr | None = item
            elif pairs:
                first = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else None
                part = item if isinstance(first, ast.Name) and first.id == name else None
            else:
                part = _part_for(loop.target, item, name)
            if part is None:
                return []
            found.append(part)
    return found


def _part_for(target: ast.expr, item: ast.expr | None, name: str) -> ast.expr | None:
    """The part of an item that a tuple of names binds to one of them."""
    if isinstance(target, ast.Tuple) and isinstance(item, (ast.Tuple, ast.List)) and len(target.elts) == len(item.elts):
        for one, part in zip(target.elts, item.elts, strict=True):
            if isinstance(one, ast.Name) and one.id == name:
                return part
    return None


def _literals(program: Program, table: ast.expr) -> list[ast.expr]:
    """The literals that an expression may mean: itself, or what a module or the classes of a family bind to it."""
    if isinstance(table, ast.Name):
        bound = program.bindings.get(table.id, [])
        return [one.value for one in bound if isinstance(one, ast.Assign)] if len(bound) == 1 else []
    owner = program.method_of(table)
    if not isinstance(table, ast.Attribute) or owner is None:
        return [table]
    family = program.family(owner[1])
    if any(f".{table.attr}" in program.effects(method).writes for one in family for method in program.methods(one)):
        return []
    statements = [one for member in family for one in member.body if table.attr in effects_of(one, "").binds]
    return [one.value for one in statements if isinstance(one, (ast.Assign, ast.AnnAssign)) and one.value is not None]


def only_home(program: Program, cls: ast.ClassDef, attribute: str) -> None:
    """Check that a property of this name is never assigned.

    Raises:
        CannotChangeError: it is.
    """
    for owner in program.family(cls):
        for method in program.methods(owner):
            effects = program.effects(method)
            if f".{attribute}" in effects.writes or effects.hides:
                raise CannotChangeError
            if any(_may_be(program, one, attribute) for one in effects.computed):
                raise CannotChangeError
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Attribute) and node.attr == attribute and not isinstance(node.ctx, ast.Load):
            raise CannotChangeError
        if isinstance(node, ast.Constant) and node.value == attribute:
            raise CannotChangeError  # `self.__dict__.pop("name")`, `delattr`


def outside_reasons(program: Program, cls: ast.ClassDef, attribute: str) -> list[str]:
    """What other modules do that speaks against a property of this name.

    Raises:
        CannotChangeError: one assigns it.
    """
    home = Home(cls, next(program.methods(cls)))
    _strangers(program, program.family(cls), attribute, home)
    return home.reasons


def _tested(program: Program, family: list[ast.ClassDef], attribute: str) -> bool:
    """Whether someone asks whether the attribute is None, or there."""
    for owner in family:
        for node in ast.walk(owner):
            if not isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Compare, ast.BoolOp)):
                continue
            parts = [node.test] if isinstance(node, (ast.If, ast.IfExp, ast.While)) else [node]
            if any(isinstance(p, ast.Attribute) and p.attr == attribute for part in parts for p in ast.walk(part)):
                return True
    return False


def _strangers(program: Program, family: list[ast.ClassDef], attribute: str, home: Home) -> None:
    """Code outside the family that assigns an attribute of this name, here or in another file of the project."""
    inside = {node for owner in family for node in ast.walk(owner)}
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Attribute) and node.attr == attribute and not isinstance(node.ctx, ast.Load):
            owner = program.method_of(node)
            own = owner is not None and isinstance(node.value, ast.Name) and node.value.id == receiver_of(owner[0])
            if not own:
                raise CannotChangeError
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"setattr", "delattr"}
            and node not in inside
        ):
            name = node.args[1] if len(node.args) > 1 else None
            if not isinstance(name, ast.Constant) or name.value == attribute:
                raise CannotChangeError
    hidden = _has_hidden_base(program, family)
    for data in program.others():
        if attribute.encode() not in data:
            continue
        means, owners = _may_mean(program, family, data), _owners_that_assign(attribute, data)
        if owners:
            if means or (b"self" in owners and hidden):
                raise CannotChangeError  # of such an object, or of its own in what may be a base
            if owners != {b"self"}:
                home.reasons.append(
                    f"another module assigns an attribute `{attribute}` of an object that may be this one"
                )
        elif means and _defines(attribute, data):
            home.reasons.append(f"another module defines `{attribute}` in what may be a heir")


KNOWN_ANSWERS = 1 << 16
"""So many answers about the text of other files are remembered: each is asked for every finding of a folder."""


@lru_cache(maxsize=KNOWN_ANSWERS)
def _owners_that_assign(attribute: str, data: bytes) -> frozenset[bytes]:
    return frozenset(match["owner"] or b"" for match in _assigning(attribute).finditer(data))


@lru_cache(maxsize=KNOWN_ANSWERS)
def _defines(attribute: str, data: bytes) -> bool:
    pattern = rb"^[ \t]+(?:def[ \t]+)?" + attribute.encode() + rb"[ \t]*[(:=]"
    return re.search(pattern, data, re.MULTILINE) is not None


@lru_cache(maxsize=512)
def _assigning(attribute: str) -> re.Pattern[bytes]:
    """Finds what assigns an attribute in a file that is not parsed; the owner is `self`, or how another's name ends."""
    name = attribute.encode()
    return re.compile(
        rb"(?P<owner>(?<!\w)self|[\w)\]])\s*\.\s*"
        + name
        + rb"\s*(?::[^=\n]+)?(?:[-+*/@]|//|\*\*)?=[^=]|setattr\([^,]+,\s*['\"]"
        + name
        + rb"['\"]"
    )


def changed_outside(program: Program, cls: ast.ClassDef, attribute: str) -> str | None:
    """Who sets an attribute from outside of its class, in words; None if nobody is seen to."""
    family = program.family(cls)
    own = {node for owner in family for node in ast.walk(owner)}
    for node in ast.walk(program.module.tree):
        if node in own or not isinstance(node, ast.Attribute) or node.attr != attribute:
            continue
        owner = program.method_of(node)
        of_others = owner is not None and root_of(node, receiver_of(owner[0])) == f".{attribute}"
        if not isinstance(node.ctx, ast.Load) and not of_others:
            return f"`{program.text(node)}`"
    for data in program.others():
        if attribute.encode() in data:
            found = _owners_that_assign(attribute, data) - {b"self"}
            if found and _may_mean(program, family, data):
                return f"`{attribute}` of such an object"
    return None


def _may_mean(program: Program, family: list[ast.ClassDef], data: bytes) -> bool:
    """Whether another file imports this one, or speaks of one of its classes and defines none of that name."""
    stem = os.path.splitext(os.path.basename(program.module.filename))[0]
    if stem == "__init__":
        stem = os.path.basename(os.path.dirname(os.path.abspath(program.module.filename)))
    return _imports(stem, data) or any(_speaks_of(owner.name, data) for owner in family)


@lru_cache(maxsize=KNOWN_ANSWERS)
def _imports(stem: str, data: bytes) -> bool:
    pattern = rb"^[ \t]*(?:from|import)\b[^\n]*\b" + re.escape(stem).encode() + rb"\b"
    return stem.encode() in data and re.search(pattern, data, re.MULTILINE) is not None


@lru_cache(maxsize=KNOWN_ANSWERS)
def _speaks_of(class_name: str, data: bytes) -> bool:
    """Whether a file names a class and defines none of that name."""
    name = re.escape(class_name).encode()
    if class_name.encode() not in data or re.search(rb"\b" + name + rb"\b", data) is None:
        return False
    own = rb"^[ \t]*(?:class[ \t]+" + name + rb"\b|" + name + rb"[ \t]*=)"
    return re.search(own, data, re.MULTILINE) is None


def _bases(program: Program, family: list[ast.ClassDef], attribute: str, home: Home) -> None:
    """Library classes among the bases, whose own methods may assign the attribute."""
    known = {owner.name for owner in family}
    for owner in family:
        for base in owner.bases:
            name = program.dotted(base)
            seen = isinstance(base, ast.Name) and base.id in known
            if not seen and (name is None or base_kind(name) is None):
                home.reasons.append(f"gradlint does not see the base class `{program.text(base)}`")
            elif name is not None and not seen and among("attributes_of_bare_bases", attribute):
                raise CannotChangeError
            elif name is not None and not seen and not among("bare_bases", name) and base_kind(name) != "plain object":
                measured = attributes_of_layer(name)
                if attribute in measured if measured is not None else among("common_attributes", attribute.strip("_")):
                    raise CannotChangeError
                if measured is None:
                    home.reasons.append(f"`{program.text(base)}` may assign `self.{attribute}` itself")
        asked = [method for method in program.methods(owner) if method.name == "__getattr__"]
        if any(f".{attribute}" in program.effects(method).reads for method in asked):
            raise CannotChangeError  # it would ask the property, which asks it
        if asked:
            home.reasons.append("the class defines `__getattr__`, which is asked when a property fails")
