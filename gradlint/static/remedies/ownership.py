"""Who assigns, changes and tests an attribute: what a property in its place would break."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass, field

from gradlint.static.knowledge import among, base_kind
from gradlint.static.remedies.effects import effects_of, simple_statements
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError

FIRST_METHODS = ("__init__", "build", "__post_init__", "__new__")


@dataclass
class Home:
    """Where an attribute gets its value: one setup method. `placeholders` are assignments of None before that."""

    cls: ast.ClassDef
    method: Definition
    placeholders: list[ast.stmt] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


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
    family = program.family(cls)
    for owner in family:
        if any(isinstance(node, ast.Attribute) and node.attr == "__dict__" for node in ast.walk(owner)):
            raise CannotChangeError
        placeholders += _class_level(owner, attribute)
        for method in program.methods(owner):
            for statement in simple_statements(method.body):
                effects = effects_of(statement, receiver_of(method))
                if effects.opaque and not isinstance(statement, (ast.ClassDef, ast.Global, ast.Nonlocal)):
                    raise CannotChangeError
                if wanted not in effects.writes:
                    continue
                if _is_none(statement) and method.name == "__init__":
                    placeholders.append(statement)
                else:
                    writers[method] = owner
    if len(writers) != 1:
        raise CannotChangeError
    ((method, owner),) = writers.items()
    if method not in setup:
        raise CannotChangeError
    home = Home(owner, method, placeholders)
    if placeholders and _tested(program, family, attribute):
        raise CannotChangeError
    _strangers(program, family, attribute, home)
    _bases(program, family, attribute, home)
    return home


def only_home(program: Program, cls: ast.ClassDef, attribute: str) -> None:
    """Check that a property of this name is never assigned.

    Raises:
        CannotChangeError: it is.
    """
    for owner in program.family(cls):
        for method in program.methods(owner):
            effects = program.effects(method)
            if f".{attribute}" in effects.writes or effects.opaque:
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


def _class_level(cls: ast.ClassDef, attribute: str) -> list[ast.stmt]:
    """What the body of a class binds the name to: nothing but None may stand there."""
    if any("dataclass" in ast.dump(decorator) for decorator in cls.decorator_list):
        raise CannotChangeError
    found = []
    for statement in cls.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            continue
        binds = effects_of(statement, "").binds
        if attribute in binds or "__slots__" in binds:
            if not _is_none(statement):
                raise CannotChangeError
            found.append(statement)
        if "__setattr__" in binds or "__getattribute__" in binds:
            raise CannotChangeError
    return found


def _is_none(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, (ast.Assign, ast.AnnAssign))
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is None
        and (not isinstance(statement, ast.Assign) or len(statement.targets) == 1)
    )


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
    assigns = re.compile(
        rb"\b(?P<owner>\w+)\s*\.\s*"
        + attribute.encode()
        + rb"\s*(?::[^=\n]+)?(?:[-+*/@]|//|\*\*)?=[^=]|setattr\([^,]+,\s*['\"]"
        + attribute.encode()
        + rb"['\"]"
    )
    for data in program.others():
        if attribute.encode() not in data or assigns.search(data) is None:
            continue
        if _may_mean(program, family, data):
            raise CannotChangeError
        if any(match["owner"] != b"self" for match in assigns.finditer(data)):
            home.reasons.append(f"another module assigns an attribute `{attribute}` of an object that may be this one")


def _may_mean(program: Program, family: list[ast.ClassDef], data: bytes) -> bool:
    """Whether another file imports this one, or speaks of one of its classes and defines none of that name."""
    stem = os.path.splitext(os.path.basename(program.module.filename))[0]
    if stem == "__init__":
        stem = os.path.basename(os.path.dirname(os.path.abspath(program.module.filename)))
    imports = rb"^[ \t]*(?:from|import)\b[^\n]*\b" + re.escape(stem).encode() + rb"\b"
    if re.search(imports, data, re.MULTILINE) is not None:
        return True
    names = [re.escape(owner.name).encode() for owner in family]
    return any(
        re.search(rb"\b" + name + rb"\b", data) is not None
        and re.search(rb"^[ \t]*class[ \t]+" + name + rb"\b", data, re.MULTILINE) is None
        for name in names
    )


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
                if among("attributes_of_stock_layers", attribute.strip("_")):
                    raise CannotChangeError
                home.reasons.append(f"`{program.text(base)}` may assign `self.{attribute}` itself")
        if any(method.name == "__getattr__" for method in program.methods(owner)):
            home.reasons.append("the class defines `__getattr__`, which is asked when a property fails")
