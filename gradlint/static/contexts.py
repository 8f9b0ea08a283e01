"""`with`: what is entered, what runs inside, what is left."""

from __future__ import annotations

import ast
from collections.abc import Callable

from gradlint.run import Phase
from gradlint.static.machine import Arguments, Machine, Signal
from gradlint.static.protocols import special
from gradlint.static.requests import leave
from gradlint.static.scopes import Frame, place_of
from gradlint.static.values import UNKNOWN, Constant, Container, Managed, Method, Place, Symbol, Tape, Value

NO_EXCEPTION: tuple[Value, ...] = (Constant(None), Constant(None), Constant(None))
"""What `__exit__` is given where nothing was raised."""

EXIT_STACK = "exit stack"
"""The type of a container of what `contextlib.ExitStack` has entered."""

Inside = Callable[[Value], "Signal | None"]
"""Runs what stands inside a `with`, given what was entered."""


def run_with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> Signal | None:
    """Run a `with` statement."""
    return _entered(machine, node.items, node.body, frame)


def _entered(machine: Machine, items: list[ast.withitem], body: list[ast.stmt], frame: Frame) -> Signal | None:
    if not items:
        return machine.execute(machine, body, frame)
    item, *others = items
    value = machine.evaluate(machine, item.context_expr, frame)
    place = place_of(item.context_expr, frame)

    def inside(entered: Value) -> Signal | None:
        if item.optional_vars is not None:
            machine.assign(machine, item.optional_vars, entered, frame)
        return _entered(machine, others, body, frame)

    if isinstance(value, Tape):
        with machine.during(Phase.FORWARD, machine.tapes | {machine.number_of(value)}):
            return inside(value)
    if isinstance(value, Method) and isinstance(value.receiver, Tape) and value.name == "stop_recording":
        with machine.during(Phase.SCRIPT, machine.tapes - {machine.number_of(value.receiver)}):
            return inside(value)
    if _pauses(item.context_expr, machine, frame):
        with machine.during(machine.phase, frozenset()):
            return inside(value)
    if isinstance(value, Managed):
        return _managed(machine, value, inside, place)
    if isinstance(value, Container) and value.type == EXIT_STACK:
        signal = inside(value)
        for one in value.values():
            if isinstance(one, Tape):
                leave(machine, one)
        return signal
    entered = special(machine, value, "__enter__", (), place)
    signal = inside(value if entered is None else entered)
    special(machine, value, "__exit__", NO_EXCEPTION, place)
    return signal


def _managed(machine: Machine, managed: Managed, inside: Inside, place: Place) -> Signal | None:
    """Run the generator that a context manager was made of, and what stands in the `with` where it yields."""
    signals: list[Signal | None] = []

    def resumed(entered: Value) -> None:
        signals.append(inside(entered))

    before, machine.resumed = machine.resumed, (managed.function.node, resumed)
    try:
        machine.call(machine, managed.function, Arguments(managed.arguments, managed.keywords), place)
    finally:
        machine.resumed = before
    return signals[-1] if signals else inside(UNKNOWN)


def _pauses(node: ast.expr, machine: Machine, frame: Frame) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "stop_recording":
        return True
    return isinstance(node.func, (ast.Attribute, ast.Name)) and machine.evaluate(machine, node.func, frame) == Symbol(
        "tf.init_scope"
    )
