"""Objects of library classes that are no carriers: stock layers and models, losses, optimizers."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.carriers import converted_by, doubt_live
from gradlint.static.collecting import element_at
from gradlint.static.creating import DISTRIBUTION_LAYER, has_weights
from gradlint.static.drawn import DRAWN_MODELS, call_model, compile_model, note_use, outside
from gradlint.static.knowledge import among, keeps_state
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import (
    NO_TAPES,
    call_unknown,
    drawing_from,
    operate,
    operate_cutting,
    unknown_origins,
)
from gradlint.static.requests import minimized
from gradlint.static.tracing import give_value
from gradlint.static.values import (
    NO_ORIGINS,
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
        return _with_own_gradient(machine, callee, arguments, place)
    if callee.name == "operator.itemgetter":
        return _elements_of(machine, callee, arguments, place)
    if callee.name == "operator.attrgetter":
        return _attribute_of(machine, callee, arguments, place)
    if callee.name in DRAWN_MODELS:
        return call_model(machine, callee, arguments, place)
    if keeps_state(callee.name):
        _update(machine, callee, arguments, place)
        return _content(machine, callee, place)
    if callee.name.startswith(("keras.initializers.", "keras.optimizers.")):
        return PLAIN
    with drawing_from(machine, arguments.everything):
        return _call_layer(machine, callee, arguments, place)


def _with_own_gradient(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """A function with a gradient of its own: where that returns None, none comes back."""
    function = callee.arguments[0] if len(callee.arguments) == 1 else UNKNOWN
    given = arguments.positional
    if isinstance(function, (Function, Partial)) and len(given) == len(arguments.everything):
        with machine.during(machine.phase, NO_TAPES):
            made = machine.call(machine, function, arguments, place)
            back = made.at(1) if isinstance(made, Container) and len(made.items) == 2 else UNKNOWN
            found = machine.call(machine, back, GIVEN, place) if isinstance(back, (Function, Partial)) else UNKNOWN
        gradients = tuple(found.values()) if isinstance(found, Container) and found.exact else (found,)
        if len(given) == len(gradients):
            pairs = tuple(zip(given, gradients, strict=True))
            lost = tuple(one for one, gradient in pairs if gradient == Constant(None))
            cut = operate_cutting(machine, place, lost, Kind.NO_GRADIENT, callee.name)
            live = operate(machine, place, tuple(one for one, gradient in pairs if gradient != Constant(None)))
            return Tensor(cut.origins | doubt_live(machine, live).origins)
    return doubt_live(machine, operate(machine, place, arguments.everything))


GIVEN = Arguments((PLAIN,))
"""What comes back to a gradient's own function."""


def _call_state(machine: Machine, state: LibraryObject, name: str, arguments: Arguments, place: Place) -> Value:
    """A method of an object that keeps what it is given in variables of its own, as a metric does."""
    if name == "update_state":
        _update(machine, state, arguments, place)
    elif name in ("reset_state", "reset_states"):
        machine.erase(machine.states, id(state))
    elif name == "result":
        return _content(machine, state, place)
    elif name == "average":
        shadows = operate_cutting(machine, place, arguments.everything, Kind.ASSIGN, state.name)
        return shadows if machine.tapes else PLAIN
    return UNKNOWN


def _update(machine: Machine, state: LibraryObject, arguments: Arguments, place: Place) -> None:
    known = machine.states.get(id(state))
    before = (known.at(1),) if isinstance(known, Container) else ()
    written = operate(machine, place, (*before, *arguments.everything))
    machine.write(machine.states, id(state), Container("tuple", {0: state, 1: written}))


def _content(machine: Machine, state: LibraryObject, place: Place) -> Value:
    """What is read back of what went into variables: what did so under other tapes is mere data."""
    known = machine.states.get(id(state))
    written = known.at(1) if isinstance(known, Container) else PLAIN
    origins = written.origins if isinstance(written, Tensor) else NO_ORIGINS
    now = Tensor(frozenset(origin for origin in origins if origin.tapes & machine.tapes))
    return operate_cutting(machine, place, (now,), Kind.ASSIGN, state.name)


def _call_layer(machine: Machine, callee: LibraryObject, arguments: Arguments, place: Place) -> Value:
    results: list[Value] = list(arguments.everything)
    if callee.name == DISTRIBUTION_LAYER and isinstance(callee.arguments[0], (Function, Partial)):
        given = Arguments(arguments.positional[:1], extra=arguments.everything, is_open=True)
        made = machine.call(machine, callee.arguments[0], given, place)
        return converted_by(machine, made, callee.arguments[1], place) if isinstance(made, Carrier) else made
    for part in () if has_weights(callee.name) else callee.arguments:
        if isinstance(part, (Function, Partial)):
            given = Arguments(arguments.positional[:1], extra=arguments.everything, is_open=True)
            if callee.name == "keras.layers.Lambda" and arguments.positional:
                given = Arguments(arguments.positional[:1], is_open=True)
            with machine.every_call() if callee.name == "keras.layers.Lambda" else nullcontext():
                made = machine.call(machine, part, given, place)
            results.append(made)
            if callee.name.endswith("Lambda"):
                return operate(machine, place, (made,))
        elif isinstance(part, (Instance, Reference, Opaque, Union, Carrier, Container)):
            results.append(Tensor(unknown_origins(machine, part, place)))
    give_value(machine, callee.weights)
    computed = operate(machine, place, (*results, *callee.weights))
    return replace(computed, origins=outside(machine, computed.origins, place), answer=place)


def _attribute_of(machine: Machine, getter: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """`operator.attrgetter("a.b")(value)`."""
    path, value = getter.arguments[0] if len(getter.arguments) == 1 else UNKNOWN, arguments.get(0)
    if value is None or not isinstance(path, Constant) or not isinstance(path.value, str):
        return call_unknown(machine, place, arguments.everything)
    for name in path.value.split("."):
        value = attributes.get(machine, value, name, place)
    return value


def _elements_of(machine: Machine, getter: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """`operator.itemgetter(key, …)(value)`."""
    value = arguments.get(0)
    if isinstance(value, Container):
        found = [element_at(machine, value, key) for key in getter.arguments]
        return found[0] if len(found) == 1 else Container("tuple", dict(enumerate(found)))
    if isinstance(value, (Reference, Tensor)):
        return operate(machine, place, (value,))
    return call_unknown(machine, place, arguments.everything)


def called_outside(machine: Machine, result: Value, place: Place) -> Value:
    """`outside`, for what the project's own layer returned."""
    if isinstance(result, Container) and result.type in ("tuple", "list", "dict") and result.exact:
        return result.holding({key: called_outside(machine, one, place) for key, one in result.items.items()})
    return replace(result, origins=outside(machine, result.origins, place)) if isinstance(result, Tensor) else result


def call_library_method(
    machine: Machine, receiver: LibraryObject, name: str, arguments: Arguments, place: Place
) -> Value:
    """A method of a stock layer or model, a loss, an optimizer."""
    if name == "minimize" and minimized(machine, arguments, place):
        return UNKNOWN
    if keeps_state(receiver.name):
        return _call_state(machine, receiver, name, arguments, place)
    if receiver.name in DRAWN_MODELS and name in ("add", "compile", "load_weights", "set_weights"):
        _change_model(machine, receiver, name, arguments, place)
        return UNKNOWN
    note_use(machine, receiver, name)
    if name == "build":
        give_value(machine, receiver.weights)
    if name == "set_weights":
        write_weights(machine, receiver, arguments, place)
        return UNKNOWN
    if name in ("apply_gradients", "compile", "fit", "evaluate", "summary", "build", "update_state", "reset_states"):
        return UNKNOWN
    if name in ("call", "__call__"):
        return call_object(machine, receiver, arguments, place)
    return call_unknown(machine, place, (receiver, *arguments.everything))


def write_weights(machine: Machine, receiver: Value, arguments: Arguments, place: Place) -> None:
    """`set_weights` under a tape: what is written into each weight may be any of what is given."""
    if not machine.tapes:
        return
    written = operate_cutting(machine, place, arguments.everything, Kind.ASSIGN, "set_weights").origins
    own = {reference.variable for reference in attributes.weights_of(receiver)}
    for variable in own:
        variable.assigned = variable.updated = True
        variable.carried |= frozenset(origin for origin in written if origin.variable not in own)


def _change_model(machine: Machine, model: LibraryObject, name: str, arguments: Arguments, place: Place) -> None:
    layers = model.arguments[0]
    if name == "compile":
        compile_model(machine, model, arguments, place)
    elif name == "add" and isinstance(layers, Container) and arguments.everything:
        machine.write(layers.items, len(layers.items), arguments.everything[0])
    elif name in ("load_weights", "set_weights"):
        machine.restored.add(id(model))
        if name == "set_weights":
            write_weights(machine, model, arguments, place)
