"""Objects of library classes that are no carriers: stock layers and models, losses, optimizers."""

from __future__ import annotations

from dataclasses import replace

from gradlint.static import attributes
from gradlint.static.carriers import doubt_live
from gradlint.static.creating import has_weights
from gradlint.static.drawn import DRAWN_MODELS, call_model, compile_model, outside
from gradlint.static.knowledge import (
    among,
)
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import (
    call_unknown,
    drawing_from,
    operate,
    unknown_origins,
)
from gradlint.static.requests import minimize
from gradlint.static.values import (
    PLAIN,
    UNKNOWN,
    Carrier,
    Constant,
    Container,
    Function,
    Instance,
    LibraryObject,
    Opaque,
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
    if callee.name == "operator.attrgetter":
        return _attribute_of(machine, callee, arguments, place)
    if callee.name in DRAWN_MODELS:
        return call_model(machine, callee, arguments, place)
    if callee.name.startswith(("keras.initializers.", "keras.constraints.", "keras.metrics.", "keras.optimizers.")):
        return PLAIN
    with drawing_from(machine, arguments.everything):
        return _call_layer(machine, callee, arguments, place)


def _call_layer(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    results: list[Value] = list(arguments.everything)
    for part in () if has_weights(callee.name) else callee.arguments:
        if isinstance(part, (Function, Partial)):
            given = Arguments(arguments.positional[:1], extra=arguments.everything, is_open=True)
            if callee.name == "keras.layers.Lambda" and arguments.positional:
                given = Arguments(arguments.positional[:1], is_open=True)
            made = machine.call(machine, part, given, place)
            results.append(made)
            if callee.name.endswith("Lambda"):
                return made if callee.name.startswith("tfp.") else operate(machine, place, (made,))
        elif isinstance(part, (Instance, Reference, Opaque, Union, Carrier, Container)):
            results.append(Tensor(unknown_origins(machine, part, place)))
    computed = operate(machine, place, (*results, *callee.weights))
    return replace(computed, origins=outside(machine, computed.origins, place))


def _attribute_of(machine: Machine, getter: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """`operator.attrgetter("a.b")(value)`."""
    path, value = getter.arguments[0] if len(getter.arguments) == 1 else UNKNOWN, arguments.get(0)
    if value is None or not isinstance(path, Constant) or not isinstance(path.value, str):
        return call_unknown(machine, place, arguments.everything)
    for name in path.value.split("."):
        value = attributes.get(machine, value, name, place)
    return value


def called_outside(machine: Machine, result: Value, place: Place) -> Value:
    """`outside`, for what the project's own layer returned."""
    return replace(result, origins=outside(machine, result.origins, place)) if isinstance(result, Tensor) else result


def call_library_method(
    machine: Machine, receiver: LibraryObject, name: str, arguments: Arguments, place: Place
) -> Value:
    """A method of a stock layer or model, a loss, an optimizer."""
    if name == "minimize" and arguments.positional:
        minimize(machine, arguments.positional[0], arguments.get(1, "var_list"), place)
        return UNKNOWN
    if receiver.name in DRAWN_MODELS and name in ("add", "compile", "load_weights", "set_weights"):
        _change_model(machine, receiver, name, arguments, place)
        return UNKNOWN
    if name in ("fit", "train_on_batch"):
        machine.fitted.add(id(receiver))
    elif name in ("evaluate", "predict", "predict_on_batch"):
        machine.restored.add(id(receiver))
    if name in ("apply_gradients", "compile", "fit", "evaluate", "summary", "build", "update_state", "reset_states"):
        return UNKNOWN
    if name in ("call", "__call__"):
        return call_object(machine, receiver, arguments, place)
    return call_unknown(machine, place, (receiver, *arguments.everything))


def _change_model(machine: Machine, model: LibraryObject, name: str, arguments: Arguments, place: Place) -> None:
    layers = model.arguments[0]
    if name == "compile":
        compile_model(machine, model, arguments, place)
    elif name == "add" and isinstance(layers, Container) and arguments.everything:
        machine.write(layers.items, len(layers.items), arguments.everything[0])
    elif name in ("load_weights", "set_weights"):
        machine.restored.add(id(model))
