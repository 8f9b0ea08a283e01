"""The methods of lists, tuples, sets and dicts."""

from __future__ import annotations

import ast

from gradlint.static import attributes
from gradlint.static.builtin_calls import LONGEST, any_element, elements_of, joined
from gradlint.static.contexts import EXIT_STACK
from gradlint.static.keys import known_key, shown_key
from gradlint.static.labels import label_added
from gradlint.static.machine import Arguments, Machine
from gradlint.static.protocols import special
from gradlint.static.reading import call_unknown
from gradlint.static.records import replaced
from gradlint.static.requests import enter
from gradlint.static.values import UNKNOWN, Anywhere, Constant, Container, Place, Tape, Union, Value


def call_container_method(
    machine: Machine, receiver: Container, name: str, arguments: Arguments, place: Place
) -> Value:
    """A method of a list, tuple, set or dict."""
    if name in ("append", "add", "appendleft"):
        key: object = (
            len(receiver.items) if receiver.exact and receiver.type != "set" else Anywhere(len(receiver.items))
        )
        added = arguments.get(0) or UNKNOWN
        if isinstance(place.node, ast.Call) and isinstance(place.node.func, ast.Attribute):
            label_added(added, place.module.text(place.node.func.value))
        machine.write(receiver.items, key, added)
        return Constant(None)
    if receiver.type == EXIT_STACK and name == "enter_context":
        return _enter_context(machine, receiver, arguments.get(0) or UNKNOWN, place)
    if name in ("extend", "update"):
        return _extend(machine, receiver, arguments, place)
    if name == "items":
        pairs: dict[object, Value] = {}
        for i, (key, value) in enumerate(receiver.pairs()):
            pairs[i if receiver.exact else Anywhere(i)] = Container("tuple", {0: shown_key(key), 1: value})
        return Container("list", pairs)
    if name == "values":
        if receiver.exact:
            return Container("list", dict(enumerate(receiver.values())))
        return Container("list", {Anywhere(i): value for i, value in enumerate(receiver.values())})
    if name == "keys":
        return Container("list", {i: shown_key(key) for i, key in enumerate(receiver.items)})
    if name in ("get", "pop", "setdefault", "popleft") and receiver.type != "set":
        return _get(machine, receiver, name, arguments)
    if name == "copy":
        return Container(receiver.type, dict(receiver.items))
    if name == "_replace":
        return replaced(receiver, arguments)
    if name == "_asdict":
        return Container("dict", dict(zip(receiver.fields, receiver.values(), strict=False)))
    if name == "insert":
        for key, value in list(receiver.items.items()):
            machine.erase(receiver.items, key)
            machine.write(receiver.items, Anywhere(len(receiver.items) + 1000), value)
        machine.write(receiver.items, Anywhere(len(receiver.items)), arguments.get(1) or UNKNOWN)
        return Constant(None)
    if name == "clear":
        for key in list(receiver.items):
            machine.erase(receiver.items, key)
        return Constant(None)
    if receiver.type == "set" and name in TAKING_FROM_SETS:
        _doubt_elements(machine, receiver)
    if name in ("sort", "reverse", "remove", "discard", "index", "count"):
        return UNKNOWN
    return call_unknown(machine, place, (receiver, *arguments.everything))


TAKING_FROM_SETS = (
    *("remove", "discard", "pop"),
    *("difference_update", "intersection_update", "symmetric_difference_update"),
)


def _doubt_elements(machine: Machine, receiver: Container) -> None:
    """Something is taken out of a set: of whatever may be looked for in it, it is not known any more whether it is."""
    for key, element in list(receiver.items.items()):
        if not isinstance(known_key(element, 0), Anywhere):
            machine.write(receiver.items, key, Union((element, UNKNOWN)))


def _enter_context(machine: Machine, stack: Container, given: Value, place: Place) -> Value:
    machine.write(stack.items, len(stack.items), given)
    if isinstance(given, Tape):
        enter(machine, given)
        return given
    return special(machine, given, "__enter__", (), place) or given


def _extend(machine: Machine, receiver: Container, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0)
    if receiver.owner is not None:
        named = given.items if isinstance(given, Container) and given.type == "dict" else {}
        for key, value in (*named.items(), *arguments.keywords):
            attributes.put(machine, receiver.owner, str(key), value, place, f"self.{key}")
        return Constant(None)
    if receiver.type == "dict":
        if isinstance(given, Container) and given.type == "dict":
            for key, value in given.pairs():
                machine.write(receiver.items, key, value)
        elif given is not None:
            machine.write(receiver.items, Anywhere(len(receiver.items)), any_element(machine, given, place))
        for name, value in arguments.keywords:
            machine.write(receiver.items, name, value)
        return Constant(None)
    elements = elements_of(machine, given, place) if given is not None else []
    if elements is None or len(receiver.items) + len(elements) > LONGEST:
        element = any_element(machine, given or UNKNOWN, place)
        machine.write(receiver.items, Anywhere(len(receiver.items)), element)
        return Constant(None)
    for element in elements:
        position: object = len(receiver.items) if receiver.exact else Anywhere(len(receiver.items))
        machine.write(receiver.items, position, element)
    return Constant(None)


def _get(machine: Machine, receiver: Container, name: str, arguments: Arguments) -> Value:
    key = arguments.get(0)
    default = arguments.get(1) or Constant(None)
    if receiver.type == "dict":
        known = known_key(key or UNKNOWN, 0)
        if not isinstance(known, Anywhere):
            if known in receiver.items:
                value = receiver.at(known)
                if name == "pop":
                    machine.erase(receiver.items, known)
                return value
            if receiver.exact:
                if name == "setdefault":
                    machine.write(receiver.items, known, default)
                return default
        if name == "setdefault":
            machine.write(receiver.items, Anywhere(len(receiver.items)), default)
        return joined([*receiver.values(), default])
    if key is None and receiver.exact and receiver.items and name == "pop":
        last = max(receiver.items, key=lambda k: k if isinstance(k, int) else -1)
        value = receiver.at(last)
        machine.erase(receiver.items, last)
        return value
    return joined(list(receiver.values()))
