"""`functools.singledispatch`: a function that is chosen by the class of its first argument."""

from __future__ import annotations

import ast
from dataclasses import replace

from gradlint.static.kinds import is_one
from gradlint.static.machine import Arguments, Machine
from gradlint.static.scopes import Frame
from gradlint.static.values import UNKNOWN, Container, Dispatched, Function, Partial, Place, Symbol, Union, Value

REGISTER = "functools.singledispatch().register"
"""What the decorator is called here that adds one function to such a one."""


def dispatched(value: Value, by_method: bool) -> Value:
    """What the decorator makes of a function."""
    return Dispatched(value, Container("list"), by_method)


def register(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`@f.register(T)`, `@f.register` above annotations, `f.register(T, g)`."""
    generic, *given = arguments.positional
    if not isinstance(generic, Dispatched) or not given:
        return UNKNOWN
    first = given[0]
    if len(given) == 1 and not isinstance(first, Function):
        return Partial(Symbol(REGISTER), (generic, first), (), place)
    type_, function = (_annotated(machine, first, generic.by_method), first) if len(given) == 1 else (first, given[1])
    entries = generic.registered.items
    machine.write(entries, len(entries), Container("tuple", {0: type_, 1: function}))
    return function


def _annotated(machine: Machine, function: Value, by_method: bool) -> Value:
    if not isinstance(function, Function):
        return UNKNOWN
    parameters = [*function.node.args.posonlyargs, *function.node.args.args][by_method:]
    annotation = parameters[0].annotation if parameters else None
    if annotation is None or isinstance(annotation, ast.Constant):
        return UNKNOWN
    return machine.evaluate(machine, annotation, Frame(function.module, function.scope))


def call_dispatched(machine: Machine, generic: Dispatched, arguments: Arguments, place: Place) -> Value:
    """Call the function that fits the first argument, or any that may."""
    chosen = _chosen(generic, arguments.positional[0] if arguments.positional else UNKNOWN)
    if generic.receiver is not None:
        bound = [replace(one, receiver=generic.receiver) if isinstance(one, Function) else one for one in chosen]
        chosen = list(bound)
    return machine.call(machine, chosen[0] if len(chosen) == 1 else Union(tuple(chosen)), arguments, place)


def _chosen(generic: Dispatched, value: Value) -> list[Value]:
    possible: list[Value] = []
    for entry in reversed(list(generic.registered.values())):
        type_, function = entry.values() if isinstance(entry, Container) else (UNKNOWN, UNKNOWN)
        fits = is_one(value, type_)
        if fits:
            return [*possible, function]
        if fits is None:
            possible.append(function)
    return [*possible, generic.default]
