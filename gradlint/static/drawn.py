"""Functional and sequential models: drawn once, run again by every call."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind, Phase
from gradlint.static import attributes
from gradlint.static.creating import DISTRIBUTION_LAYER
from gradlint.static.loss_objects import is_compiled, note_losses
from gradlint.static.machine import DRAWN, Arguments, Machine
from gradlint.static.reading import as_distribution, call_unknown, is_symbolic, operate, origins_of
from gradlint.static.values import (
    INPUT,
    NO_ORIGINS,
    PLAIN,
    UNKNOWN,
    Constant,
    Container,
    Function,
    Instance,
    LibraryObject,
    Origin,
    Origins,
    Partial,
    Place,
    Tensor,
    Value,
    doubted,
)

DRAWN_MODELS = ("keras.Model", "keras.Sequential")


def make_model(machine: Machine, name: str, arguments: Arguments, place: Place) -> LibraryObject:
    """A functional or sequential model."""
    if name == "keras.Sequential":
        given = arguments.get(0, "layers")
        known = isinstance(given, Container) and given.type in ("list", "tuple")
        layers = dict(given.items) if isinstance(given, Container) and known else {}
        held: Value = Container("list", layers) if known or given in (None, Constant(None)) else given or UNKNOWN
        model = LibraryObject(name, (held,), place)
    else:
        inputs, outputs = arguments.get(0, "inputs") or UNKNOWN, arguments.get(1, "outputs") or UNKNOWN
        found = {reference.variable: reference for reference in attributes.weights_of(outputs)}
        for origin in origins_of(machine, outputs, place):
            if origin.variable.registered or origin.variable.phase is Phase.SETUP:
                found.setdefault(origin.variable, attributes.reference_to(origin.variable))
        model = LibraryObject(name, (inputs, _as_drawn(machine, outputs, place)), place, tuple(found.values()))
    if not machine.tapes:
        machine.models.append(model)
    return model


def clone_model(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A net of the same layers with weights of its own: of those that the model has, it has none."""
    model = arguments.get(0, "model")
    if not isinstance(model, LibraryObject) or model.name not in DRAWN_MODELS or len(arguments.everything) > 1:
        return call_unknown(machine, place, arguments.everything)
    return LibraryObject(model.name, tuple(_without_weights(part) for part in model.arguments), place)


def _without_weights(value: Value) -> Value:
    if isinstance(value, Container):
        return value.holding({key: _without_weights(one) for key, one in value.items.items()})
    if isinstance(value, LibraryObject):
        return replace(value, arguments=tuple(map(_without_weights, value.arguments)), weights=())
    return replace(value, origins=NO_ORIGINS) if isinstance(value, Tensor) else value


def _as_drawn(machine: Machine, outputs: Value, place: Place) -> Value:
    """The outputs of a functional model: Keras takes only what was drawn, so any other was made in ways unknown."""
    if isinstance(outputs, Container) and outputs.type in ("list", "tuple", "dict"):
        return outputs.holding({key: _as_drawn(machine, one, place) for key, one in outputs.items.items()})
    if is_symbolic(outputs, set()):
        return outputs
    return Tensor(doubted(origins_of(machine, outputs, place)), symbolic=True)


def call_model(machine: Machine, model: LibraryObject, arguments: Arguments, place: Place) -> Value:
    """What a call of a functional or sequential model gives."""
    if model.name == "keras.Sequential":
        return _call_sequential(machine, model, arguments, place)
    given = operate(machine, place, arguments.everything)
    outputs = model.arguments[1]
    result = _again(machine, outputs, given, place)
    return replace(result, answer=place) if isinstance(result, Tensor) else result


def outputs_of(machine: Machine, model: LibraryObject, place: Place) -> Origins:
    """The ways of a model's weights to its outputs."""
    machine.losses.clear()
    with machine.during(Phase.FORWARD, frozenset({DRAWN})):
        given = as_distribution(call_model(machine, model, Arguments((INPUT,)), place))
        outputs = origins_of(machine, given, place)
    return outputs.union(*machine.losses)


def note_compiled(machine: Machine, model: LibraryObject | Instance, arguments: Arguments) -> Value | None:
    """Remember what a model is compiled with: objects that hold weights, and the loss, if it is the program's own."""
    if not isinstance(model, Instance) or is_compiled(model):
        note_losses(machine, model, arguments)
    loss = arguments.get(1, "loss")
    if not isinstance(loss, (Function, Partial, Instance)):
        return None
    machine.write(machine.compiled, id(model), loss)
    if isinstance(model, Instance):
        machine.compiled_models.append(model)
    return loss


def note_use(machine: Machine, model: LibraryObject | Instance, name: str) -> None:
    """Remember whether a model is fitted, or only looked at."""
    if name in ("fit", "train_on_batch"):
        machine.fitted.add(id(model))
    elif name in ("evaluate", "predict", "predict_on_batch"):
        machine.restored.add(id(model))


def compile_model(machine: Machine, model: LibraryObject, arguments: Arguments, place: Place) -> None:
    """Note what the loss comes to that a model of one output is trained with."""
    loss = note_compiled(machine, model, arguments)
    if loss is None:
        return
    machine.losses.clear()
    with machine.during(Phase.FORWARD, frozenset({DRAWN})):
        predicted = call_model(machine, model, Arguments((INPUT,)), place)
        if not isinstance(predicted, Container):
            result = machine.call(machine, loss, Arguments((UNKNOWN, predicted)), place)
            machine.trained[id(model)] = origins_of(machine, result, place).union(*machine.losses)


def _again(machine: Machine, value: Value, given: Tensor, place: Place) -> Value:
    """A drawn value, computed again from what a call gives the model."""
    if isinstance(value, Container):
        return value.holding({key: _again(machine, one, given, place) for key, one in value.items.items()})
    if not isinstance(value, Tensor):
        return call_unknown(machine, place, (value, given))
    found = frozenset(_read_again(machine, origin, place) for origin in value.origins)
    return Tensor(outside(machine, found | given.origins, place), symbolic=given.symbolic)


def _read_again(machine: Machine, origin: Origin, place: Place) -> Origin:
    """A weight that a drawing reads is read by each call; what was computed beside it stays frozen."""
    if DRAWN not in origin.tapes:
        return origin
    again = replace(origin, tapes=machine.tapes, phase=machine.phase)
    return again if DRAWN in machine.tapes or origin.cut is not None else replace(again, read=place, operation=None)


def outside(machine: Machine, origins: Origins, place: Place) -> Origins:
    """A forward pass that runs outside every tape: its call is where the weights were lost."""
    if machine.tapes or machine.phase is not Phase.SCRIPT:
        return origins
    return frozenset(_lost_at(origin, place) for origin in origins)


def _lost_at(origin: Origin, place: Place) -> Origin:
    if origin.tapes or origin.phase is not Phase.SCRIPT:
        return origin
    return replace(origin, read=place, operation=None, kind=Kind.OUTSIDE_TAPE)


def _call_sequential(machine: Machine, model: LibraryObject, arguments: Arguments, place: Place) -> Value:
    layers = model.arguments[0]
    if not isinstance(layers, Container) or not layers.exact:
        return call_unknown(machine, place, (model, *arguments.everything))
    value: Value = arguments.get(0) or PLAIN
    for layer in layers.values():
        if layer != INPUT:
            samples = layer if isinstance(layer, LibraryObject) and layer.name == DISTRIBUTION_LAYER else None
            value = machine.call(machine, layer, Arguments((value,)), place if samples is None else samples.made)
    return value
