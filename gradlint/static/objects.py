"""Objects of library classes that are no carriers: stock layers and models, losses, optimizers."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind, Phase
from gradlint.static.carriers import doubt_live
from gradlint.static.knowledge import (
    among,
)
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import (
    call_unknown,
    operate,
    unknown_origins,
)
from gradlint.static.requests import minimize
from gradlint.static.values import (
    PLAIN,
    UNKNOWN,
    Carrier,
    Container,
    Function,
    Instance,
    LibraryObject,
    Opaque,
    Origins,
    Partial,
    Place,
    Reference,
    Tensor,
    Union,
    Value,
)


def call_object(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """Calling a stock layer or model, a loss, an initializer and their like."""
    if among("custom_gradients", callee.name):
        return doubt_live(machine, operate(machine, place, arguments.everything))
    if callee.name == "keras.Model":
        return _call_functional(machine, callee, arguments, place)
    if callee.name == "keras.Sequential":
        return _call_sequential(machine, callee, arguments, place)
    if callee.name.startswith(("keras.initializers.", "keras.constraints.", "keras.metrics.", "keras.optimizers.")):
        return PLAIN
    results: list[Value] = list(arguments.everything)
    for part in () if among("layers_with_weights", callee.name) else callee.arguments:
        if isinstance(part, (Function, Partial)):
            made = machine.call(machine, part, Arguments(extra=arguments.everything, is_open=True), place)
            results.append(made)
            if callee.name.endswith("Lambda"):
                return made if callee.name.startswith("tfp.") else operate(machine, place, (made,))
        elif isinstance(part, (Instance, Reference, Opaque, Union, Carrier, Container)):
            results.append(Tensor(unknown_origins(machine, part, place)))
    return Tensor(outside(machine, operate(machine, place, (*results, *callee.weights)).origins, place))


def _call_functional(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """A functional model runs its layers again: what setup froze stays frozen, the rest is read now."""
    built = operate(machine, place, callee.arguments).origins
    frozen = frozenset(origin for origin in built if origin.phase is Phase.SETUP)
    again = {origin.variable for origin in built} - {origin.variable for origin in frozen}
    read = tuple(reference for reference in callee.weights if reference.variable in again)
    given = operate(machine, place, (*arguments.everything, *read)).origins
    return Tensor(outside(machine, given, place) | frozen)


def outside(machine: Machine, origins: Origins, place: Place) -> Origins:
    """A forward pass that runs outside every tape: its call is where the weights were lost."""
    if machine.tapes or machine.phase is not Phase.SCRIPT:
        return origins
    return frozenset(
        replace(origin, read=place, operation=None, kind=Kind.OUTSIDE_TAPE)
        if not origin.tapes and origin.phase is Phase.SCRIPT
        else origin
        for origin in origins
    )


def called_outside(machine: Machine, result: Value, place: Place) -> Value:
    """`outside`, for what the project's own layer returned."""
    return replace(result, origins=outside(machine, result.origins, place)) if isinstance(result, Tensor) else result


def _call_sequential(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    layers = callee.arguments[0] if callee.arguments else None
    if not isinstance(layers, Container) or not layers.exact:
        return call_unknown(machine, place, (callee, *arguments.everything))
    value: Value = arguments.get(0) or PLAIN
    for layer in layers.values():
        value = machine.call(machine, layer, Arguments((value,)), place)
    return value


def call_library_method(
    machine: Machine, receiver: LibraryObject, name: str, arguments: Arguments, place: Place
) -> Value:
    """A method of a stock layer or model, a loss, an optimizer."""
    if name == "minimize" and arguments.positional:
        minimize(machine, arguments.positional[0], arguments.get(1, "var_list"), place)
        return UNKNOWN
    if name == "add" and receiver.name == "keras.Sequential":
        return UNKNOWN
    if name in ("apply_gradients", "compile", "fit", "evaluate", "summary", "build", "update_state", "reset_states"):
        return UNKNOWN
    if name in ("call", "__call__"):
        return call_object(machine, receiver, arguments, place)
    return call_unknown(machine, place, (receiver, *arguments.everything))
