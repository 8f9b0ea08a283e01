"""What asks for gradients: tapes and optimizers."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind, Phase
from gradlint.static import attributes
from gradlint.static.machine import EVERYTHING_UNKNOWN, Arguments, Asked, Machine
from gradlint.static.reading import (
    origins_of,
)
from gradlint.static.values import (
    UNKNOWN,
    Constant,
    Container,
    Function,
    Opaque,
    Origins,
    Partial,
    Place,
    Reference,
    Tape,
    Tensor,
    Union,
    Value,
    doubted,
)


def call_tape(machine: Machine, tape: Tape, name: str, arguments: Arguments, place: Place) -> Value:
    """A method of a tape: a gradient is asked for, or a tensor is to be watched."""
    if name in ("gradient", "jacobian", "batch_jacobian"):
        target, sources = arguments.get(0, "target"), arguments.get(1, "sources", "source")
        if target is not None and sources is not None:
            given = origins_of(machine, target, place)
            if _holds_weight(target):  # its derivative by itself is there, whatever was recorded
                given = doubted(given)
            ask(machine, place, sources, given, tape, isinstance(target, Opaque))
            weighed = arguments.get(2, "output_gradients") if name == "gradient" else None
            if weighed is not None:
                given |= origins_of(machine, weighed, place)
            return _derivative(machine, sources, given, tape, place)
    elif name == "reset" and not machine.forks:
        _reset(machine, tape, place)
    elif name == "__enter__":
        enter(machine, tape)
        return tape
    elif name == "__exit__":
        leave(machine, tape)
    elif name == "watch":
        for value in arguments.everything:
            machine.watched.extend((machine.number_of(tape), each) for each in _watched(value))
    return UNKNOWN


def enter(machine: Machine, tape: Tape) -> None:
    """A tape that is entered by hand records until it is left, wherever that is."""
    number = machine.number_of(tape)
    if machine.forks:
        machine.unsure.add(number)
    else:
        machine.entered[number] = machine.phase
        machine.phase, machine.tapes = Phase.FORWARD, machine.tapes | {number}


def leave(machine: Machine, tape: Tape) -> None:
    """A tape that was entered by hand, or by a stack of what is to be left, stops recording."""
    number = machine.number_of(tape)
    if machine.forks:
        machine.unsure.add(number)
    elif number in machine.entered:
        machine.phase, machine.tapes = machine.entered.pop(number), machine.tapes - {number}


def _reset(machine: Machine, tape: Tape, place: Place) -> None:
    """What was recorded is forgotten: the tape goes on as another one."""
    known, number = machine.number_of(tape), machine.new_tape()
    machine.resets[known] = place
    machine.renumbered[tape.number] = number
    if known in machine.tapes:
        machine.tapes = machine.tapes - {known} | {number}


def _watched(value: Value) -> list[Value]:
    """What a tape is told to watch: a list stands for its elements, one of several lists for those of all."""
    if isinstance(value, Union):
        return [value, *(each for alternative in value.alternatives for each in _watched(alternative))]
    return [value, *value.values()] if isinstance(value, Container) else [value]


def _holds_weight(target: Value) -> bool:
    if isinstance(target, Union):
        return any(_holds_weight(one) for one in target.alternatives)
    if isinstance(target, Container):
        return any(_holds_weight(one) for one in target.values() if one is not target)
    return isinstance(target, Reference)


def _derivative(machine: Machine, sources: Value, target: Origins, tape: Tape, place: Place) -> Value:
    """A gradient may depend on what its target depends on, if another tape records that it is asked for."""
    if not machine.tapes:
        found = frozenset(
            replace(origin, tapes=machine.tapes, phase=Phase.SCRIPT, read=place, operation=None, kind=Kind.OUTSIDE_TAPE)
            for origin in target
            if machine.number_of(tape) in origin.tapes and origin.cut is None and machine.phase is Phase.SCRIPT
        )
    else:
        found = frozenset(replace(origin, doubtful=True) for origin in target if origin.tapes & machine.tapes)
    if not found:
        return UNKNOWN
    if isinstance(sources, Container):
        return Container("list", dict.fromkeys(sources.items, Tensor(found)))
    return Tensor(found)


def ask(machine: Machine, place: Place, sources: Value, target: Origins, tape: Tape, is_opaque: bool) -> None:
    """Record that the program asks for the gradient of `target` with respect to `sources`."""
    variables = tuple(
        reference.variable
        for reference in attributes.weights_of(sources)
        if reference.variable.trainable or reference.variable.state or not reference.variable.lazy
    )
    for variable in variables:
        variable.requested = True
    if machine.number_of(tape) in machine.unsure:
        return
    parts = tuple(sources.values()) if isinstance(sources, Container) else (sources,)
    tensors = tuple(part for part in parts if isinstance(part, Tensor))
    number = machine.number_of(tape)
    machine.asked.append(Asked(place, variables, target, number, is_opaque, tape.watches, tensors, machine.tapes))


SOURCES = ("var_list", "variables", "trainable_variables")
"""How `minimize` calls what it is to change, in Keras, GPflow and TFP."""


def minimized(machine: Machine, arguments: Arguments, place: Place) -> bool:
    """Whether an optimizer's `minimize` was given what is known to ask for a gradient, and if so, ask for it."""
    loss, sources = arguments.get(0, "loss"), arguments.get(1, *SOURCES)
    tape = arguments.get(None, "tape")
    if isinstance(tape, Tape) and loss is not None and sources is not None:
        _ask_of(machine, tape, loss, sources, place)
        return True
    if isinstance(loss, (Function, Partial)):
        minimize(machine, loss, sources, place)
        return True
    return False


def _ask_of(machine: Machine, tape: Tape, target: Value, sources: Value, place: Place) -> None:
    if isinstance(sources, (Function, Partial)):
        sources = machine.call(machine, sources, Arguments(), place)
    ask(machine, place, sources, origins_of(machine, target, place), tape, isinstance(target, Opaque))


def minimize(machine: Machine, loss: Function | Partial, sources: Value | None, place: Place) -> None:
    """Run a loss under a tape of its own, and record what the optimizer asks for."""
    tape = Tape(machine.new_tape())
    with machine.during(Phase.FORWARD, machine.tapes | {tape.number}):
        target = origins_of(machine, machine.call(machine, loss, EVERYTHING_UNKNOWN, place), place)
    if isinstance(sources, (Function, Partial)):
        sources = machine.call(machine, sources, Arguments(), place)
    if sources is None or sources == Constant(None):
        found = {origin.variable: None for origin in target}
        sources = Container("list", {i: attributes.reference_to(variable) for i, variable in enumerate(found)})
    machine.watched.extend((tape.number, reference) for reference in attributes.weights_of(sources))
    ask(machine, place, sources, target, tape, False)


def tfp_minimize(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`tfp.math.minimize`."""
    loss = arguments.get(0, "loss_fn")
    if isinstance(loss, (Function, Partial)):
        minimize(machine, loss, arguments.get(None, "trainable_variables"), place)
    return UNKNOWN
