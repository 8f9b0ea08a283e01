"""Classes whose fields make their constructor: dataclasses, those of `attrs`, named tuples."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradlint.static.hosts import linear_bases, lookup
from gradlint.static.knowledge import among
from gradlint.static.machine import Arguments, Machine
from gradlint.static.values import (
    UNKNOWN,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    Partial,
    Place,
    Symbol,
    Value,
)


@dataclass(frozen=True)
class Field:
    """One field: what it is if nobody gives it, and whether the constructor takes it, and by position."""

    name: str
    default: Value | None
    given: bool
    by_position: bool
    converter: Value | None = None


def is_record(type_: Class) -> bool:
    """Whether the class is decorated as a dataclass or by `attrs`."""
    for decorator in type_.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "dataclass":
            return True
    return any(isinstance(one, Symbol) and among("record_decorators", one.name) for one in type_.decorators)


def fill_record(machine: Machine, instance: Instance, arguments: Arguments) -> None:
    """What the constructor does that was made from the fields of a class."""
    positional = list(arguments.positional)
    keywords = dict(arguments.keywords)
    for field in _fields(instance.type):
        value = field.default
        if field.given and field.by_position and positional:
            value = positional.pop(0)
        elif field.given and field.name.lstrip("_") in keywords:
            value = keywords[field.name.lstrip("_")]
        elif field.given and field.name in keywords:
            value = keywords[field.name]
        elif field.given and arguments.is_open:
            value = UNKNOWN
        else:
            value = None if value is None else _made(machine, value)
        if value is not None and field.converter is not None:
            value = machine.call(machine, field.converter, Arguments((value,)), _place_of(instance.type))
        machine.write(instance.attributes, field.name, UNKNOWN if value is None else value)
    for name in ("__post_init__", "__attrs_post_init__"):
        post = lookup(instance.type, name)
        if isinstance(post, Function):
            place = Place(post.module, post.node, post.name)
            machine.call(machine, replace(post, receiver=instance), Arguments(), place)


def constructor_fields(type_: Class) -> list[str]:
    """The fields that the constructor of a record takes."""
    return [field.name for field in _fields(type_) if field.given] if is_record(type_) else []


def all_fields(type_: Class) -> list[str]:
    """The fields of a record."""
    return [field.name for field in _fields(type_)] if is_record(type_) else []


def _place_of(type_: Class) -> Place:
    return Place(type_.module, type_.node, type_.name)


def _fields(type_: Class) -> Iterator[Field]:
    for base in reversed(linear_bases(type_)):
        if not isinstance(base, Class):
            continue
        annotated = [one for one in base.node.body if isinstance(one, ast.AnnAssign)]
        named = [
            (one, one.targets[0].id)
            for one in base.node.body
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        ]
        made = [name for _, name in named if _maker(base.members.get(name)) is not None]
        if made:  # what is annotated beside such belongs to the class
            yield from (_field(name, base.members.get(name), True) for name in made)
            continue
        by_position = True
        for one in annotated:
            if isinstance(one.target, ast.Name) and "ClassVar" not in ast.dump(one.annotation):
                by_position = by_position and "KW_ONLY" not in ast.dump(one.annotation)
                if one.target.id != "_":
                    yield _field(one.target.id, base.members.get(one.target.id), by_position)


def _maker(value: Value | None) -> Partial | None:
    """What a field was made with, if it was made so: `dataclasses.field(…)`, `attr.ib(…)`."""
    if isinstance(value, Partial) and isinstance(value.function, Symbol):
        return value if among("field_makers", value.function.name) else None
    return None


def _field(name: str, default: Value | None, by_position: bool) -> Field:
    maker = _maker(default)
    if maker is None:
        return Field(name, default, True, by_position)
    given = dict(maker.keywords)
    by_position = by_position and given.get("kw_only") in (None, Constant(False))
    has_default = bool(given.keys() & {"default", "default_factory", "factory"})
    is_given = given.get("init") in (None, Constant(True))
    return Field(name, maker if has_default else None, is_given, by_position, given.get("converter"))


def _made(machine: Machine, default: Value) -> Value:
    """What a field's default comes to: its maker may name a function that makes it."""
    maker = _maker(default)
    if maker is None:
        return default
    given = dict(maker.keywords)
    for name in ("default_factory", "factory"):
        if name in given:
            return machine.call(machine, given[name], Arguments(), maker.made)
    return given.get("default", UNKNOWN)


# -- named tuples -----------------------------------------------------------------------------------------------

NAMED_TUPLE = "collections.namedtuple()"
"""What a class is called here that `collections.namedtuple` made."""


def define_named_tuple(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`collections.namedtuple("P", "a b")`: a class that keeps the order of its fields."""
    given = arguments.get(1, "field_names")
    if isinstance(given, Constant) and isinstance(given.value, str):
        names: list[object] = list(given.value.replace(",", " ").split())
    elif isinstance(given, Container) and given.exact and given.type != "dict":
        names = [one.value if isinstance(one, Constant) else None for one in given.values()]
    else:
        return UNKNOWN
    if not all(isinstance(one, str) for one in names):
        return UNKNOWN
    return Partial(Symbol(NAMED_TUPLE), (Constant(tuple(names)),), (), place)


def make_named_tuple(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """An object of what `define_named_tuple` gave, whose fields come first."""
    names = arguments.positional[0]
    if not isinstance(names, Constant) or not isinstance(names.value, tuple):
        return UNKNOWN
    fields = [Field(one, None, True, True) for one in names.value]
    return _tuple_of(machine, fields, replace(arguments, positional=arguments.positional[1:]), None)


def is_named_tuple(type_: Class) -> bool:
    """Whether a class is a `typing.NamedTuple`, or derived from a named tuple."""
    return any(base == Symbol("typing.NamedTuple") or _named_fields(base) is not None for base in linear_bases(type_))


def is_typed_dict(type_: Class) -> bool:
    """Whether a class only says which keys a dictionary has."""
    return any(isinstance(base, Symbol) and among("typed_dicts", base.name) for base in linear_bases(type_))


def fields_of_class(type_: Class) -> Container | None:
    """`P._fields` of a class that is a named tuple."""
    if not is_named_tuple(type_):
        return None
    made = next(filter(None, map(_named_fields, linear_bases(type_))), None)
    names = [field.name for field in _fields(type_)] if made is None else made
    return Container("tuple", {i: Constant(name) for i, name in enumerate(names)})


def named_tuple(machine: Machine, type_: Class, arguments: Arguments) -> Container:
    """An object of a class that is a named tuple."""
    made = next(filter(None, map(_named_fields, linear_bases(type_))), None)
    fields = list(_fields(type_)) if made is None else [Field(name, None, True, True) for name in made]
    return _tuple_of(machine, fields, arguments, type_)


def _named_fields(base: Value) -> tuple[str, ...] | None:
    if isinstance(base, Partial) and base.function == Symbol(NAMED_TUPLE):
        names = base.arguments[0]
        return names.value if isinstance(names, Constant) and isinstance(names.value, tuple) else None
    return None


def _tuple_of(machine: Machine, fields: list[Field], arguments: Arguments, type_: Class | None) -> Container:
    keywords = dict(arguments.keywords)
    items: dict[object, Value] = {}
    for position, field in enumerate(fields):
        default = UNKNOWN if field.default is None or arguments.is_open else field.default
        given = arguments.positional[position] if position < len(arguments.positional) else None
        items[position] = given or keywords.get(field.name, default)
    return Container("tuple", items, tuple(field.name for field in fields), made_by=type_)


def replaced(value: Container, arguments: Arguments) -> Container:
    """`named._replace(field=…)`."""
    given = {value.fields.index(name): one for name, one in arguments.keywords if name in value.fields}
    return replace(value, items={**value.items, **given})
