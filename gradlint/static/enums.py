"""Classes over `enum.Enum`: each of their members is one object."""

from __future__ import annotations

from gradlint.static.hosts import linear_bases
from gradlint.static.values import UNKNOWN, Class, Constant, Function, Instance, Symbol, Union, Value

MIXED = frozenset({"builtins.str", "builtins.int", "enum.IntEnum", "enum.StrEnum"})
"""Bases that make a member equal to its value."""


def is_enum(type_: Class) -> bool:
    """Whether a class enumerates its objects."""
    return any(isinstance(base, Symbol) and base.name.startswith("enum.") for base in linear_bases(type_))


def enumerate_members(type_: Class) -> None:
    """Make an object of each plain name that the body of such a class binds."""
    if not is_enum(type_):
        return
    for name, value in list(type_.members.items()):
        if not name.startswith("_") and not isinstance(value, (Function, Class, Instance)):
            value = UNKNOWN if value == Symbol("enum.auto") else value
            type_.members[name] = Instance(type_, {"name": Constant(name), "value": value})


def members_of(value: Value) -> list[Instance] | None:
    """The members of such a class, in order; None of anything else."""
    if not isinstance(value, Class) or not is_enum(value):
        return None
    return [one for one in value.members.values() if isinstance(one, Instance) and one.type is value]


def member_by_name(type_: Value, name: Value) -> Value | None:
    """`Mode["HARD"]`."""
    return _found(type_, "name", name)


def member_by_value(type_: Value, value: Value) -> Value | None:
    """`Mode("hard")`."""
    return value if isinstance(value, Instance) and value.type is type_ else _found(type_, "value", value)


def _found(type_: Value, attribute: str, wanted: Value) -> Value | None:
    members = members_of(type_)
    if members is None:
        return None
    found = [one for one in members if one.attributes[attribute] == wanted]
    if found and isinstance(wanted, Constant):
        return found[0]
    return Union(tuple(members)) if len(members) > 1 else UNKNOWN


def same_member(left: Value, right: Value) -> bool | None:
    """Whether a member equals another value; None where neither is one, or that is not known."""
    if isinstance(left, Instance) and isinstance(right, Instance):
        return left is right if is_enum(left.type) and is_enum(right.type) else None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Instance) and isinstance(other, Constant) and is_enum(one.type):
            value = one.attributes.get("value")
            if MIXED.isdisjoint(base.name for base in linear_bases(one.type) if isinstance(base, Symbol)):
                return False
            return value.value == other.value if isinstance(value, Constant) else None
    return None
