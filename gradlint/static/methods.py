"""Methods of whatever the project does not define: of weights, tensors, containers, carriers and Keras base classes."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind, Phase
from gradlint.static import attributes, builtin_calls
from gradlint.static.carriers import call_carrier_method
from gradlint.static.container_methods import call_container_method
from gradlint.static.creating import add_weight, inherit_weights, keep_wrapped, weights_from_base
from gradlint.static.drawn import note_compiled, note_use
from gradlint.static.dtypes import dtype_of, is_whole
from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.knowledge import (
    among,
    attributes_of_layer,
)
from gradlint.static.machine import Arguments, Machine
from gradlint.static.objects import call_library_method, write_weights
from gradlint.static.reading import (
    call_unknown,
    operate,
    operate_cutting,
    origins_of,
)
from gradlint.static.requests import SOURCES, call_tape, minimized
from gradlint.static.values import (
    DRAWN_BY_BASE,
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
    Partial,
    Place,
    Reference,
    Super,
    Symbol,
    Tape,
    Tensor,
    Value,
)


def call_method(machine: Machine, receiver: Value, name: str, arguments: Arguments, place: Place) -> Value:
    """What a method of a library object, a tensor, a weight, a container or a Keras base class gives."""
    if isinstance(receiver, Container):
        return call_container_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, Method) and name in ("get", "__getitem__") and arguments.positional:
        named = attributes.name_of_module(machine, receiver, arguments.positional[0])
        if named is not None:
            return named
    if isinstance(receiver, Function) and name == "__get__" and receiver.receiver is None:
        owner = arguments.get(0)
        return receiver if owner is None or owner == Constant(None) else replace(receiver, receiver=owner)
    if isinstance(receiver, Constant):
        return builtin_calls.call_constant_method(machine, receiver, name, arguments, place)
    trains = name == "minimize" and isinstance(receiver, (Opaque, Method)) and arguments.get(1, *SOURCES) is not None
    if trains and minimized(machine, arguments, place):
        return UNKNOWN
    if isinstance(receiver, (Instance, Super)):
        return _call_inherited(machine, receiver, name, arguments, place)
    if isinstance(receiver, Class) and name == "from_config":
        return _from_config(machine, receiver, arguments, place)
    if isinstance(receiver, Tape):
        return call_tape(machine, receiver, name, arguments, place)
    if isinstance(receiver, Reference) and among("assigning_methods", name):
        receiver.variable.assigned = True
        if receiver.flavour is Flavour.KERAS_3:
            carried = operate(machine, place, arguments.everything)
        else:
            carried = operate_cutting(machine, place, arguments.everything, Kind.ASSIGN, name)
        sources = {origin.variable for origin in carried.origins} - {receiver.variable}
        receiver.variable.follows |= name == "assign" and bool(sources)
        if machine.tapes:
            receiver.variable.updated = True
            written = operate_cutting(machine, place, (carried,), Kind.ASSIGN, name)
            others = (origin for origin in written.origins if origin.variable is not receiver.variable)
            kept = frozenset() if name == "assign" else receiver.variable.carried
            receiver.variable.carried = kept | frozenset(others)
        own = operate(machine, place, (receiver,))
        return Tensor(own.origins | carried.origins)
    if name.startswith("predict") and not isinstance(receiver, LibraryObject):  # of whatever it may be
        return call_unknown(machine, place, (receiver, *arguments.everything))
    if among("leaving_methods", name) and isinstance(
        receiver, (Reference, Tensor, LibraryObject, Opaque, Carrier, Method)
    ):
        if isinstance(receiver, LibraryObject) and name.startswith("predict"):
            receiver = machine.call(machine, receiver, Arguments(arguments.positional[:1]), place)
        elif isinstance(receiver, LibraryObject):
            receiver = operate(machine, place, tuple(attributes.weights_of(receiver)))
        left = operate_cutting(machine, place, (receiver, *arguments.everything), Kind.LEAVES_TENSORFLOW, name)
        return left if left.origins or isinstance(receiver, Tensor) else UNKNOWN
    if isinstance(receiver, LibraryObject):
        return call_library_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, Carrier):
        return call_carrier_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, Tensor) and among("pipeline_methods", name):  # tensors have none of them, datasets do
        return operate_cutting(machine, place, (receiver, *arguments.everything), Kind.NO_GRADIENT, f"tf.data.{name}")
    if isinstance(receiver, (Reference, Tensor)):
        return operate(machine, place, (receiver, *arguments.everything))
    if isinstance(receiver, Opaque) and receiver.array:
        return _call_array(receiver, name, arguments)
    return call_unknown(machine, place, (receiver, *arguments.everything))


def _call_array(receiver: Opaque, name: str, arguments: Arguments) -> Value:
    """A method of an array of NumPy that gives an array."""
    if name != "astype":
        return receiver
    dtype = dtype_of(arguments.get(0, "dtype"))
    return replace(receiver, dtype=dtype if is_whole(dtype) else None)


def _from_config(machine: Machine, type_: Class, arguments: Arguments, place: Place) -> Value:
    """Keras hands the configuration to the constructor."""
    config = arguments.get(0, "config")
    if not isinstance(config, Container) or not config.exact:
        return call_unknown(machine, place, arguments.everything)
    given = tuple((str(key), value) for key, value in config.pairs())
    return machine.call(machine, type_, Arguments(keywords=given), place)


def _call_inherited(
    machine: Machine, receiver: Instance | Super, name: str, arguments: Arguments, place: Place
) -> Value:
    instance = receiver.instance if isinstance(receiver, Super) else receiver
    if not isinstance(instance, Instance):
        return call_unknown(machine, place, (receiver, *arguments.everything))
    if among("creating_methods", name):
        return add_weight(machine, instance, arguments, place)
    if name == "add_loss":
        return _add_loss(machine, instance, arguments, place)
    if name == "track_variable" or name.startswith("_track"):
        return UNKNOWN
    if name == "build":
        machine.write(instance.attributes, "built", Constant(True))
        inherit_weights(machine, instance)
        return UNKNOWN
    if name == "__setattr__" and len(arguments.positional) == 2:
        key, value = arguments.positional
        if isinstance(key, Constant):
            attributes.put_plainly(machine, instance, str(key.value), value, place, f"self.{key.value}")
        return UNKNOWN
    if name == "__call__":
        method = lookup(instance.type, "call")
        if isinstance(method, Function):
            return machine.call(machine, replace(method, receiver=instance), arguments, place)
    if name == "call":
        return _call_stock_layer(machine, instance, arguments, place)
    if name == "set_weights" and host_of(instance.type) is Host.KERAS:
        write_weights(machine, instance, arguments, place)
        return UNKNOWN
    if name == "compile" and host_of(instance.type) is Host.KERAS:
        note_compiled(machine, instance, arguments)
        return UNKNOWN
    if name in ("compiled_loss", "compute_loss") and id(instance) in machine.compiled:
        return _compiled_loss(machine, instance, name, arguments, place)
    if name.startswith("predict") and host_of(instance.type) is Host.KERAS and machine.tapes:
        predicted = machine.call(machine, instance, Arguments(arguments.positional[:1]), place)
        return operate_cutting(machine, place, (predicted,), Kind.LEAVES_TENSORFLOW, name)
    note_use(machine, instance, name)
    if name == "load_weights":
        machine.restored.add(id(instance))
    if among("harmless_methods", name) or name in ("__init__", "__init_subclass__", "__post_init__"):
        if name == "__init__" and host_of(instance.type) is Host.CARRIER:
            machine.write(instance.attributes, "(arguments)", Opaque(arguments.everything))
        if name == "__init__":
            keep_wrapped(machine, instance, arguments)
            if arguments.get(1, "outputs") is not None:
                machine.write(instance.attributes, DRAWN_BY_BASE, Constant(True))
        return UNKNOWN
    if name in ("fit", "evaluate"):
        return UNKNOWN
    if name == "get_weights" and host_of(instance.type) is Host.KERAS:
        listed = tuple(attributes.weights_of(instance))
        return operate_cutting(machine, place, listed, Kind.LEAVES_TENSORFLOW, name)
    if among("leaving_methods", name):
        return operate_cutting(machine, place, (instance,), Kind.LEAVES_TENSORFLOW, name)
    return call_unknown(machine, place, (instance, *arguments.everything))


def _compiled_loss(machine: Machine, instance: Instance, name: str, arguments: Arguments, place: Place) -> Value:
    """What Keras computes from the loss that a model was compiled with, and from what its layers added."""
    shift = name == "compute_loss"
    given = (arguments.get(shift, "y", "y_true") or UNKNOWN, arguments.get(shift + 1, "y_pred") or UNKNOWN)
    value = machine.call(machine, machine.compiled[id(instance)], Arguments(given), place)
    added = frozenset().union(*machine.losses)
    return Tensor(origins_of(machine, value, place) | added)


def _call_stock_layer(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    """The forward pass that a class has from a stock layer, which reads the weights that this layer made."""
    known = weights_from_base(instance.type)
    if not known or "activation" in instance.attributes:
        return call_unknown(machine, place, (*_seen_by_base(instance), *arguments.everything))
    own = tuple(instance.attributes[name] for name in known if name in instance.attributes)
    return operate(machine, place, (*arguments.everything, *own))


def _seen_by_base(instance: Instance) -> tuple[Value, ...]:
    """What the code of a stock layer may read of an object of a class derived from it: what it has a name for."""
    order = linear_bases(instance.type)
    base = next((one for one in order if isinstance(one, Symbol)), None)
    measured = None if base is None else attributes_of_layer(base.name)
    own = {name for one in order if isinstance(one, Class) for name in (*one.members, *one.properties)}
    if measured is None or not own.isdisjoint(measured):
        return (instance,)
    return tuple(value for name, value in instance.attributes.items() if name in measured)


def _add_loss(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0, "losses", "loss")
    values = tuple(given.values()) if isinstance(given, Container) else (given,) if given is not None else ()
    for value in values:
        if isinstance(value, (Function, Partial)):
            pending = instance.attributes.get("(losses)")
            known = tuple(pending.values()) if isinstance(pending, Container) else ()
            machine.write(instance.attributes, "(losses)", Container("list", dict(enumerate((*known, value)))))
        elif machine.tapes:
            machine.losses.append(origins_of(machine, value, place))
        elif machine.phase is Phase.SETUP:
            keeper = Keeper(Kind.LOSS, "add_loss", place)
            kept = frozenset(origin.keep(keeper) for origin in origins_of(machine, value, place))
            machine.losses.append(kept)
    return UNKNOWN
