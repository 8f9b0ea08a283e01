"""What asks for gradients: tapes and optimizers."""

from __future__ import annotations

from gradlint.run import Phase
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
    Value,
)


def call_tape(machine: Machine, tape: Tape, name: str, arguments: Arguments, place: Place) -> Value:
    """A method of a tape: a gradient is asked for, or a tensor is to be watched."""
    if name in ("gradient", "jacobian", "batch_jacobian"):
        target, sources = arguments.get(0, "target"), arguments.get(1, "sources", "source")
        if target is not None and sources is not None:
            given = origins_of(machine, target, place)
            ask(machine, place, sources, given, tape.number, isinstance(target, Opaque))
    elif name == "watch":
        for value in arguments.everything:
            watched = [value, *value.values()] if isinstance(value, Container) else [value]
            machine.watched.extend((tape.number, each) for each in watched)
    return UNKNOWN


def ask(machine: Machine, place: Place, sources: Value, target: Origins, tape: int, is_opaque: bool) -> None:
    """Record that the program asks for the gradient of `target` with respect to `sources`."""
    variables = tuple(reference.variable for reference in attributes.weights_of(sources))
    for variable in variables:
        variable.requested = True
    parts = tuple(sources.values()) if isinstance(sources, Container) else (sources,)
    tensors = tuple(part for part in parts if isinstance(part, Tensor))
    machine.asked.append(Asked(place, variables, target, tape, is_opaque, tensors))


def minimize(machine: Machine, loss: Value, sources: Value | None, place: Place) -> None:
    """Run a loss under a tape of its own, and record what the optimizer asks for."""
    tape = machine.new_tape()
    with machine.during(Phase.FORWARD, machine.tapes | {tape}):
        if isinstance(loss, (Function, Partial)):
            target = origins_of(machine, machine.call(machine, loss, EVERYTHING_UNKNOWN, place), place)
        else:
            return
    if isinstance(sources, (Function, Partial)):
        sources = machine.call(machine, sources, Arguments(), place)
    if sources is None or sources == Constant(None):
        found = {origin.variable: None for origin in target}
        sources = Container("list", {i: Reference(variable, variable.flavour) for i, variable in enumerate(found)})
    ask(machine, place, sources, target, tape, False)


def tfp_minimize(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`tfp.math.minimize`."""
    loss = arguments.get(0, "loss_fn")
    if loss is not None:
        minimize(machine, loss, arguments.get(None, "trainable_variables"), place)
    return UNKNOWN
