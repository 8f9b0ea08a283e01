"""Lists, tuples, sets and dicts: displays, comprehensions, and their elements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from gradlint.static.builtin_calls import LONGEST, any_element, elements_of, joined
from gradlint.static.decisions import note_decision
from gradlint.static.keys import is_hashable, known_key
from gradlint.static.machine import Arguments, KeyMissingError, Machine
from gradlint.static.scopes import Frame, Scope, place_of
from gradlint.static.truth import truth
from gradlint.static.values import (
    UNKNOWN,
    Anywhere,
    Constant,
    Container,
    Instance,
    Opaque,
    Reference,
    Union,
    Value,
    join,
)


def element_at(machine: Machine, container: Container, index: Value) -> Value:
    """The element of a container at an index, or any of its elements."""
    known = known_key(index, 0)
    if isinstance(known, (Instance, Opaque, tuple)) and (known in container.items or container.exact):
        machine.sure_keys += known in container.items
        return container.at(known) if known in container.items else _made_for(machine, container, known)
    if isinstance(index, Constant) and not isinstance(index.value, slice):
        key = index.value
        if container.type != "dict" and isinstance(key, int) and container.exact:
            position = key if key >= 0 else len(container.items) + key
            return container.at(position)
        if is_hashable(key) and key in container.items:
            machine.sure_keys += container.type == "dict"
            return container.at(key)
        if container.exact:
            return _made_for(machine, container, known)
    if isinstance(index, Constant) and isinstance(index.value, slice) and container.exact and container.type != "dict":
        return Container(container.type, dict(enumerate(list(container.values())[index.value])))
    if isinstance(index, Opaque) and container.type != "dict" and not container.items:
        return UNKNOWN
    if not container.items:
        return _made_for(machine, container, known)
    machine.unsure_keys += 1
    return joined(list(container.values()))


def _made_for(machine: Machine, container: Container, key: object) -> Value:
    """What a dict puts where an element is asked for that is not there; unknown if it puts nothing.

    Raises:
        KeyMissingError: it puts nothing, and someone is asking.
    """
    if container.default is None and machine.expects_keys and container.type == "dict":
        raise KeyMissingError(str(key))
    if container.default is None:
        return UNKNOWN
    element = machine.call(machine, container.default, Arguments(), container.default.made)
    machine.write(container.items, key, element)
    return element


def concatenated(left: Container, right: Container) -> Container:
    """One sequence after the other."""
    if len(left.items) + len(right.items) > LONGEST:
        return Container(left.type, {Anywhere(0): joined([*left.values(), *right.values()])})
    if left.exact and right.exact:
        return Container(left.type, dict(enumerate([*left.values(), *right.values()])))
    return Container(left.type, {Anywhere(i): element for i, element in enumerate([*left.values(), *right.values()])})


def with_unknown(left: Value, right: Value) -> Container | None:
    """A list or tuple with something before or behind it that is, or may be, one as well."""
    known, other = (left, right) if isinstance(left, Container) else (right, left)
    if not isinstance(known, Container) or known.type not in ("list", "tuple"):
        return None
    may_be_list = isinstance(other, Opaque) or (
        isinstance(other, Union) and any(isinstance(one, Container) for one in other.alternatives)
    )
    if not may_be_list and not any(isinstance(one, Reference) for one in known.values()):
        return None  # numbers beside a tensor are added to it
    return Container(known.type, {Anywhere(i): one for i, one in enumerate((*known.values(), other))})


def sequence(type_: str) -> Callable[[Machine, ast.expr, Frame], Value]:
    """How a list, tuple or set display is evaluated."""

    def handler(machine: Machine, node: ast.expr, frame: Frame) -> Value:
        items: dict[object, Value] = {}
        exact = type_ != "set"
        for element in node.elts:  # type: ignore[attr-defined]
            if isinstance(element, ast.Starred):
                value = machine.evaluate(machine, element.value, frame)
                elements = elements_of(machine, value, place_of(element, frame))
                if elements is None:
                    exact = False
                    elements = [any_element(machine, value, place_of(element, frame))]
            else:
                elements = [machine.evaluate(machine, element, frame)]
            for value in elements:
                items[len(items) if exact else Anywhere(len(items))] = value
        return Container(type_, items)

    return handler


def dictionary(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    """`{key: value}`."""
    items: dict[object, Value] = {}
    for key, value_node in zip(node.keys, node.values, strict=True):
        value = machine.evaluate(machine, value_node, frame)
        if key is None:
            if isinstance(value, Container):
                items.update(value.items)
            else:
                items[Anywhere(len(items))] = value
            continue
        known = machine.evaluate(machine, key, frame)
        items[known_key(known, len(items))] = value
    return Container("dict", items)


def comprehension(type_: str) -> Callable[[Machine, ast.expr, Frame], Value]:
    """How a comprehension of a type is evaluated."""

    def handler(machine: Machine, node: ast.expr, frame: Frame) -> Value:
        inner = replace_scope(frame, Scope(parent=frame.scope))
        items: dict[object, Value] = {}

        def add(exact: bool) -> None:
            if isinstance(node, ast.DictComp):
                key = machine.evaluate(machine, node.key, inner)
                value = machine.evaluate(machine, node.value, inner)
                items[known_key(key if exact else UNKNOWN, len(items))] = value
            else:
                value = machine.evaluate(machine, node.elt, inner)  # type: ignore[attr-defined]
                if type_ == "set":
                    value, exact = value if exact else join(value, UNKNOWN), False
                items[len(items) if exact else Anywhere(len(items))] = value

        def run(generators: list[ast.comprehension], exact: bool) -> None:
            if not generators:
                add(exact)
                return
            first, *others = generators
            iterable = machine.evaluate(machine, first.iter, inner)
            place = place_of(first.iter, frame)
            elements = elements_of(machine, iterable, place)
            if elements is None or len(elements) > 24:
                exact, elements = False, [any_element(machine, iterable, place)]
            for element in elements:
                machine.assign(machine, first.target, element, inner)
                tests = [(test, machine.evaluate(machine, test, inner)) for test in first.ifs]
                for test, value in tests:
                    note_decision(machine, value, place_of(test, frame))
                kept = [truth(value) for _, value in tests]
                if all(known is not False for known in kept):
                    run(others, exact and all(known is True for known in kept))

        run(node.generators, True)  # type: ignore[attr-defined]
        return Container(type_, items, begun=machine.tapes if isinstance(node, ast.GeneratorExp) else None)

    return handler


def replace_scope(frame: Frame, scope: Scope) -> Frame:
    """The same frame with an inner scope."""
    return replace(frame, scope=scope)
