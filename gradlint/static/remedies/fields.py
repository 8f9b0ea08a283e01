"""What the body of a class says of an attribute that is to be a property: a placeholder, a field, a slot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradlint.changes import Step, Substitute
from gradlint.static.knowledge import among
from gradlint.static.remedies.effects import effects_of
from gradlint.static.remedies.program import Program
from gradlint.static.remedies.slicing import CannotChangeError

NO_FIELD = "`{}` is no field any more: `repr`, `==` and what lists the fields of `{}` leave it out"
NO_SLOT = "`__slots__` no longer lists `{}`: what was pickled before cannot be loaded"


@dataclass(frozen=True)
class Declared:
    """What has to go from a class's body: whole statements, and what else makes room."""

    removed: list[ast.stmt] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def declared_in(program: Program, cls: ast.ClassDef, attribute: str) -> Declared:
    """What a class's own body declares about an attribute.

    Raises:
        CannotChangeError: a property of that name cannot stand there.
    """
    found = Declared()
    names = {program.dotted(one.func if isinstance(one, ast.Call) else one) for one in cls.decorator_list}
    makes_fields = any(among("field_decorators", name) for name in names if name is not None)
    for statement in cls.body:
        binds = effects_of(statement, "").binds
        if "__setattr__" in binds or "__getattribute__" in binds:
            raise CannotChangeError
        if "__slots__" in binds:
            _leave_slot(program, statement, attribute, found)
        elif isinstance(statement, ast.AnnAssign) and statement.value is None and not cls.decorator_list:
            continue
        elif attribute in binds:
            if makes_fields:
                _leave_field(program, cls, statement, attribute)
                found.reasons.append(NO_FIELD.format(attribute, cls.name))
            elif not is_none(statement) or cls.decorator_list:
                raise CannotChangeError
            found.removed.append(statement)
    has_slots = any("slots" in ast.dump(one) for one in cls.decorator_list)
    if has_slots and not found.removed:
        raise CannotChangeError
    return found


def is_none(statement: ast.stmt) -> bool:
    """Whether a statement binds one name to None."""
    return (
        isinstance(statement, (ast.Assign, ast.AnnAssign))
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is None
        and (not isinstance(statement, ast.Assign) or len(statement.targets) == 1)
    )


def _leave_slot(program: Program, statement: ast.stmt, attribute: str, found: Declared) -> None:
    """Take an attribute out of `__slots__`, if it stands there as a word."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(value, (ast.Tuple, ast.List)) or not all(isinstance(one, ast.Constant) for one in value.elts):
        raise CannotChangeError
    kept = [one for one in value.elts if getattr(one, "value", None) != attribute]
    if len(kept) == len(value.elts):
        return
    written = ", ".join(program.text(one) for one in kept) + ("," if len(kept) == 1 else "")
    written = f"[{written}]" if isinstance(value, ast.List) else f"({written})"
    found.steps.append(Substitute(program.span(value), written))
    found.reasons.append(NO_SLOT.format(attribute))


def _leave_field(program: Program, cls: ast.ClassDef, statement: ast.stmt, attribute: str) -> None:
    """Check that nobody can miss a field.

    Raises:
        CannotChangeError: somebody may give it a value, or asks for all fields.
    """
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        raise CannotChangeError
    for node in ast.walk(program.module.tree):
        called = node.func if isinstance(node, ast.Call) else None
        if (getattr(called, "attr", None) or getattr(called, "id", "")) in ASK_FOR_FIELDS:
            raise CannotChangeError
    value = statement.value
    if isinstance(value, ast.Call) and any(one.arg == "init" and is_false(one.value) for one in value.keywords):
        return
    fields = [one for one in cls.body if isinstance(one, ast.AnnAssign)]
    if value is None or statement not in fields or cls.bases:
        raise CannotChangeError
    for call in _constructions(program, cls):
        starred = any(isinstance(one, ast.Starred) for one in call.args) or any(
            one.arg is None for one in call.keywords
        )
        if starred or len(call.args) > fields.index(statement) or attribute in {one.arg for one in call.keywords}:
            raise CannotChangeError
    made = re.compile(rb"\b" + re.escape(cls.name).encode() + rb"\(")
    if any(made.search(data) for data in program.others()):
        raise CannotChangeError


ASK_FOR_FIELDS = frozenset({"fields", "asdict", "astuple", "replace", "evolve", "fields_dict"})


def is_false(node: ast.expr) -> bool:
    """Whether an expression is `False`."""
    return isinstance(node, ast.Constant) and node.value is False


def _constructions(program: Program, cls: ast.ClassDef) -> Iterator[ast.Call]:
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) == cls.name:
            yield node
