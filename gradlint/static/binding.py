"""Binding what a call gives to the parameters of a function, and taking back what it was handed."""

from __future__ import annotations

from dataclasses import replace

from gradlint.static.holding import weights_of
from gradlint.static.machine import Arguments, Machine
from gradlint.static.scopes import Scope
from gradlint.static.values import (
    GIVEN,
    UNKNOWN,
    Anywhere,
    Container,
    Function,
    Opaque,
    Place,
    Reference,
    Tensor,
    Union,
    Value,
    handed_on,
)


def _handed(value: Value, place: Place) -> Value:
    if isinstance(value, Container):
        return value.seen_by((*value.handed, place)) if value.items and len(value.handed) < 12 else value
    return handed_on(value, (place,))


def _as_own(value: Value) -> Value:
    """A weight as an object's constructor sees it, whoever handed it on before."""
    if isinstance(value, Container):
        return value.seen_by(()) if value.handed else value
    return replace(value, handed=()) if isinstance(value, Reference) and value.handed else value


def taken_back(machine: Machine, value: Value, place: Place) -> Value:
    """A value that a function gives back, as its caller sees it, who handed it what it returns."""
    if isinstance(value, Reference):
        return replace(value, handed=value.handed[: value.handed.index(place)]) if place in value.handed else value
    if isinstance(value, Union):
        return Union(tuple(taken_back(machine, alternative, place) for alternative in value.alternatives))
    if isinstance(value, Container):
        for key, element in list(value.items.items()):
            taken = taken_back(machine, element, place) if isinstance(element, Reference) else element
            if taken is not element:
                machine.write(value.items, key, taken)
        return value.seen_by(value.handed[: value.handed.index(place)]) if place in value.handed else value
    return value


def bind(function: Function, arguments: Arguments, scope: Scope, place: Place | None) -> None:
    """Bind a call's arguments to a function's parameters: as handed to it at `place`, or as its own without one."""
    signature = function.node.args
    positional = list(arguments.positional)
    keywords = dict(arguments.keywords)
    if place is not None:
        positional = [_handed(value, place) for value in positional]
        keywords = {name: _handed(value, place) for name, value in keywords.items()}
    else:
        positional = [_as_own(value) for value in positional]
        keywords = {name: _as_own(value) for name, value in keywords.items()}
    if function.receiver is not None:
        positional.insert(0, function.receiver)
    defaults = dict(function.defaults)
    names = [parameter.arg for parameter in (*signature.posonlyargs, *signature.args)]
    unknown: Value = Opaque(arguments.extra) if arguments.extra else UNKNOWN
    if arguments.extra and all(isinstance(one, Opaque) and one.outside for one in arguments.extra):
        unknown = GIVEN
    from_outside = GIVEN if arguments.outside else unknown
    for name in names:
        if positional:
            value = positional.pop(0)
        elif name in keywords:
            value = keywords.pop(name)
        elif arguments.is_open and _captures(defaults.get(name)):
            value = defaults[name]
        elif arguments.is_open:
            value = unknown if name in defaults else from_outside
        else:
            value = defaults.get(name, unknown)
        scope.names[name] = value
    if signature.vararg is not None:
        rest: dict[object, Value] = dict(enumerate(positional))
        if arguments.extra:
            rest.update((Anywhere(number), value) for number, value in enumerate(arguments.extra))
        elif arguments.is_open:
            rest[Anywhere(0)] = from_outside
        scope.names[signature.vararg.arg] = Container("tuple", rest)
    for parameter in signature.kwonlyargs:
        if parameter.arg in keywords:
            scope.names[parameter.arg] = keywords.pop(parameter.arg)
        else:
            default = defaults.get(parameter.arg, unknown)
            scope.names[parameter.arg] = unknown if arguments.is_open and not _captures(default) else default
    if signature.kwarg is not None:
        items: dict[object, Value] = {name: value for name, value in keywords.items()}  # noqa: C416
        if arguments.is_open:
            items[Anywhere(0)] = from_outside
        scope.names[signature.kwarg.arg] = Container("dict", items)


def _captures(default: Value | None) -> bool:
    """Whether a parameter is there to capture what its default holds, as in `lambda loc=loc: …`."""
    return bool(isinstance(default, Tensor) and default.origins) or (default is not None and bool(weights_of(default)))
