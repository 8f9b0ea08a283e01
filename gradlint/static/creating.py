"""What creates weights: variables, `add_weight`, stock layers, and tensors that a tape is told to watch."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from gradlint.helpers import gets_no_local
from gradlint.run import Dialect, Kind, Phase
from gradlint.static import attributes
from gradlint.static.by_default import is_trained, trains_by_default
from gradlint.static.dtypes import among_floats, dtype_of, dtype_of_start, is_whole
from gradlint.static.hosts import Host, host_of, linear_bases
from gradlint.static.keys import written_key
from gradlint.static.knowledge import (
    among,
    own_names,
    starts_among,
    weights_of_layer,
)
from gradlint.static.machine import EVERYTHING_UNKNOWN, Arguments, Machine
from gradlint.static.reading import (
    operate_cutting,
    origins_of,
)
from gradlint.static.values import (
    NO_ORIGINS,
    UNKNOWN,
    Carrier,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Instance,
    Keeper,
    LibraryObject,
    Method,
    Opaque,
    Origins,
    Partial,
    Place,
    Reference,
    Symbol,
    Tensor,
    Value,
    Variable,
)

GET_VARIABLE = "tf.compat.v1.get_variable"


def trainable_of(value: Value | None) -> bool | None:
    """Whether a weight is made to be trained; None where the source does not tell."""
    if value is None or value == Constant(None):
        return True
    return bool(value.value) if isinstance(value, Constant) else None


def create(machine: Machine, name: str, flavour: Flavour, arguments: Arguments, place: Place) -> Value:
    """A new variable from its initial value."""
    if name == GET_VARIABLE and not machine.tapes:  # which only draws a graph there: what is computed is part of it
        return Opaque(arguments.everything)
    # what the first argument of a project's own factory means, nobody has said
    initial = None if name in own_names() else arguments.get(0, "initial_value", "initializer")
    trainable = trainable_of(arguments.get(None, "trainable"))
    if trainable is None:
        trainable = trains_by_default(machine, place)
    dtype = dtype_of(arguments.get(None, "dtype"))
    if flavour is Flavour.KERAS_3 and machine.dialect is Dialect.KERAS_2:
        flavour = Flavour.TF
    if trainable is None or (dtype is None and initial is None):
        return Opaque(arguments.everything)
    initial = _computed(machine, initial, place)
    by_name = isinstance(initial, Constant) and isinstance(initial.value, str) and name.startswith("keras.")
    if dtype == "":
        dtype = "float32" if by_name or initial is None else dtype_of_start(initial)
    inherited = _inherited(machine, name, initial, place)
    variable = new_variable(machine, arguments, place, flavour, trainable and among_floats(dtype), False)
    variable.dtype = dtype
    if name == GET_VARIABLE:  # whoever opened the scope keeps it
        variable.registered = variable.doubtful = True
    variable.integer = trainable and is_whole(dtype)
    return Reference(variable, flavour, inherited=inherited)


def _inherited(machine: Machine, name: str, initial: Value | None, place: Place) -> Origins:
    """The ways that end in a variable's initial value."""
    initial = _computed(machine, initial, place)
    if initial is None or isinstance(initial, (Function, Partial, Symbol, LibraryObject, Instance, Method)):
        return NO_ORIGINS
    keeper = Keeper(Kind.VARIABLE, "", place)
    carried = operate_cutting(machine, place, (initial,), Kind.ASSIGN, name) if machine.tapes else None
    found = origins_of(machine, initial, place) if carried is None else carried.origins
    return frozenset(origin.keep(keeper) for origin in found)


def _computed(machine: Machine, initial: Value | None, place: Place) -> Value | None:
    """An initial value, which may be what a function gives."""
    if isinstance(initial, (Function, Partial)) and machine.calls_functions:
        return machine.call(machine, initial, EVERYTHING_UNKNOWN, place)
    return initial


def new_variable(
    machine: Machine, arguments: Arguments, place: Place, flavour: Flavour, trainable: bool, registered: bool
) -> Variable:
    """Record one more weight."""
    name = arguments.get(None, "name")
    tapes, made_for = machine.making or (machine.tapes, _helper_called(machine) if machine.tapes else None)
    variable = Variable(
        name=name.value if isinstance(name, Constant) and isinstance(name.value, str) else "",
        created=place,
        flavour=flavour,
        trainable=trainable,
        registered=registered,
        phase=Phase.FORWARD if tapes else machine.phase,
        recreated=machine.runs_every_call,
        doubtful=machine.doubts > 0,
        tapes=tapes,
        made_for=made_for,
    )
    machine.variables.append(variable)
    return variable


def _helper_called(machine: Machine) -> Place | None:
    """Where a method calls the module's function that makes a weight for it, through others or by itself."""
    found: Place | None = None
    for function, place in zip(reversed(machine.calling), reversed(machine.called_at_places), strict=True):
        if function.owner is not None:
            innocent = found is not None and isinstance(found.node, ast.expr) and gets_no_local(found.node)
            return found if innocent else None
        if function.scope is not function.module.scope:
            return None
        found = place
    return None


def copied(machine: Machine, value: Value, place: Place) -> Value:
    """What a deep copy of a weight is, or of what keeps some: further weights, which begin with the same values."""
    if isinstance(value, Carrier):
        members = tuple((name, copied(machine, member, place)) for name, member in value.members)
        return replace(value, members=members)
    if isinstance(value, Container) and id(value) not in machine.reading:
        with machine.walking(value):
            return value.holding({key: copied(machine, one, place) for key, one in value.items.items()})
    if isinstance(value, Instance) and host_of(value.type) is Host.PLAIN and id(value) not in machine.reading:
        with machine.walking(value):
            attributes_of_copy = {name: copied(machine, one, place) for name, one in value.attributes.items()}
            return Instance(value.type, attributes_of_copy, value.doubtful, value.recorded, value.made_in)
    if not isinstance(value, Reference):
        return value
    known = value.variable
    variable = new_variable(machine, Arguments(), place, known.flavour, known.trainable, False)
    variable.name, variable.dtype, variable.integer = known.name, known.dtype, known.integer
    return Reference(variable, value.flavour, inherited=_inherited(machine, "deepcopy", value, place))


def add_weight(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    """`self.add_weight(…)` of a Keras layer."""
    trainable = trainable_of(arguments.get(None, "trainable"))
    if not is_trained(instance):
        trainable = False
    dtype = dtype_of(arguments.get(None, "dtype"))
    first = arguments.positional[0] if arguments.positional else None
    if trainable is None:
        trainable = trains_by_default(machine, place)
    takes_name_first = isinstance(first, Constant) and isinstance(first.value, str)
    if trainable is None or arguments.get(None, "getter") is not None:
        return Opaque()
    keras_2 = machine.dialect is Dialect.KERAS_2
    if takes_name_first and not keras_2:  # Keras 3 takes the shape first, and raises
        return Opaque()
    flavour = Flavour.TF if keras_2 else Flavour.KERAS_3
    variable = new_variable(machine, arguments, place, flavour, trainable and among_floats(dtype), True)
    if machine.unvalued is not None:
        machine.unvalued.add(variable)
    variable.layer = instance
    variable.regularizer = _given(arguments, "regularizer")
    variable.integer = trainable and is_whole(dtype)
    variable.dtype = "float32" if dtype == "" else dtype
    if takes_name_first and isinstance(first, Constant):
        variable.name = str(first.value)
    inherited = _inherited(machine, "add_weight", arguments.get(None, "initializer"), place)
    return Reference(variable, flavour, inherited=inherited)


def inherit_weights(machine: Machine, instance: Instance) -> None:
    """What the `build` of a stock layer makes for an object of a class derived from it."""
    type_ = instance.type
    known = weights_from_base(type_)
    keras_2 = bool(known) and machine.dialect is Dialect.KERAS_2
    flavour = Flavour.TF if keras_2 else Flavour.KERAS_3
    written = type_.node.bases[0] if type_.node.bases else type_.node
    frozen = not is_trained(instance)
    for name, trained in known.items():
        if name not in instance.attributes:
            place = Place(type_.module, written, type_.name)
            variable = new_variable(machine, Arguments(), place, flavour, trained and not frozen, True)
            variable.name, variable.label, variable.layer = name, f"self.{name}", instance
            machine.write(instance.attributes, name, Reference(variable, flavour))


def _given(arguments: Arguments, name: str) -> Value | None:
    """A keyword argument, unless it is None."""
    value = arguments.get(None, name)
    return None if value == Constant(None) else value


def keep_wrapped(machine: Machine, instance: Instance, arguments: Arguments) -> None:
    """What a wrapper of the project's own has from Keras' constructor: the layer that it is given."""
    layer = arguments.get(0, "layer")
    bases = (base.name for base in linear_bases(instance.type) if isinstance(base, Symbol))
    if layer is not None and any(among("wrappers", name) for name in bases):
        machine.write(instance.attributes, "layer", layer)


def weights_from_base(type_: Class) -> dict[str, bool]:
    """The weights that a class has from the stock layer that it is derived from, and whether they are trained."""
    base = next((base for base in linear_bases(type_) if isinstance(base, Symbol)), None)
    return weights_of_layer(base.name) if base is not None else {}


def has_weights(name: str) -> bool:
    """Whether a stock layer or model of this name has weights of its own."""
    stock_model = starts_among("layers_with_weights_prefixes", name) and name.rpartition(".")[2][:1].isupper()
    return stock_model or among("layers_with_weights", name)


DISTRIBUTION_LAYER = "tfp.layers.DistributionLambda"


def make_layer(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A stock layer, with one weight that stands for all of its own."""
    found: dict[Variable, Reference] = {}
    if has_weights(name):
        trainable = trainable_of(arguments.get(None, "trainable"))
        if trainable is None:
            return Opaque(arguments.everything)
        variable = new_variable(machine, arguments, place, Flavour.TF, trainable, True)
        variable.name = variable.name or name.rpartition(".")[2]
        variable.lazy = True
        regularizers = (_given(arguments, key) for key, _ in arguments.keywords if key.endswith("regularizer"))
        variable.regularizer = next((one for one in regularizers if one is not None), None)
        found[variable] = Reference(variable, Flavour.TF)
        untrained = [key for key, trained in weights_of_layer(name).items() if not trained]
        if untrained:
            kept = new_variable(machine, arguments, place, Flavour.TF, False, True)
            kept.name, kept.lazy, kept.state = ", ".join(untrained), True, True
            found[kept] = Reference(kept, Flavour.TF)
    for value in arguments.everything:
        for reference in attributes.weights_of(value):
            found.setdefault(reference.variable, reference)
    everything = arguments.everything
    if name == DISTRIBUTION_LAYER:
        distribution = arguments.get(0, "make_distribution_fn") or UNKNOWN
        everything = (distribution, arguments.get(1, "convert_to_tensor_fn") or Constant(None))
    return LibraryObject(name, everything, place, tuple(found.values()))


def watch(machine: Machine, names: dict[Any, Value], key: object, label: str, place: Place) -> None:
    """Let what a name is bound to, or each element of it, have a gradient of its own."""
    known = names[key]
    if isinstance(known, Container) and known.type in ("list", "tuple", "dict"):
        for inner in known.items:
            watch(machine, known.items, inner, f"{label}[{written_key(inner)}]", place)
        return
    watched = watched_tensor(machine, known, label, place)
    if watched is not known:
        machine.write(names, key, watched)


def watched_tensor(machine: Machine, value: Value, label: str, place: Place) -> Value:
    """A plain tensor that a tape was told to watch: from here on it is what a gradient is asked for."""
    if not isinstance(value, Tensor) or any(origin.tapes & machine.tapes for origin in value.origins):
        return value
    variable = new_variable(machine, Arguments(), place, Flavour.TF, True, True)
    variable.label = label
    variable.watched = True
    variable.sampled = value.sampled
    variable.dtype = value.dtype
    variable.doubtful = False
    variable.integer = value.dtype is not None and among("integers", value.dtype)
    variable.recreated = False
    return Reference(variable, Flavour.TF, inherited=value.origins)
