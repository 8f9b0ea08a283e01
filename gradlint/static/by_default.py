"""Whether weights are trained unless someone says otherwise: by the default of the parameter that decides it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.static.hosts import lookup
from gradlint.static.machine import Machine
from gradlint.static.values import Class, Constant, Function, Instance, Place


def is_trained(instance: Instance) -> bool:
    """Whether a layer's `trainable` leaves it trained: its own parameter of that name may say so by default."""
    said = instance.attributes.get("trainable")
    return said in (None, Constant(True)) or (said != Constant(False) and _kept_true(instance.type, "trainable"))


def trains_by_default(machine: Machine, place: Place) -> bool | None:
    """Whether the weight that a call at `place` makes is trained by default; None where the source does not tell."""
    function = machine.calling[-1] if machine.calling else None
    if not isinstance(place.node, ast.Call) or function is None:
        return None
    said = next((one.value for one in place.node.keywords if one.arg == "trainable"), None)
    if isinstance(said, ast.Name):
        return _is_true_by_default(function, said.id) or None
    receiver = function.receiver
    if isinstance(said, ast.Attribute) and isinstance(said.value, ast.Name) and isinstance(receiver, Instance):
        return _kept_true(receiver.type, said.attr) or None
    return None


def _kept_true(type_: Class, attribute: str) -> bool:
    """Whether the constructor keeps a parameter in an attribute that is true if nobody says otherwise."""
    initializer = lookup(type_, "__init__")
    if not isinstance(initializer, Function) or isinstance(initializer.node, ast.Lambda):
        return False
    kept = {value.id for value in _assigned(initializer.node, attribute) if isinstance(value, ast.Name)}
    return any(_is_true_by_default(initializer, name) for name in kept)


def _assigned(function: ast.FunctionDef | ast.AsyncFunctionDef, attribute: str) -> Iterator[ast.expr]:
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Attribute) and target.attr == attribute:
                    yield statement.value


def _is_true_by_default(function: Function, name: str) -> bool:
    default = dict(function.defaults).get(name)
    return isinstance(default, Constant) and default.value is True
