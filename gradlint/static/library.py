"""What calls into TensorFlow, Keras, TFP, NumPy and Python's own library do to the weights they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradlint.run import Dialect, Kind, Phase
from gradlint.static import attributes, builtin_calls
from gradlint.static.hosts import Host, host_of, lookup
from gradlint.static.knowledge import (
    among,
    carrier_entry,
    created_flavour,
    starts_among,
    verdict_of,
)
from gradlint.static.machine import EVERYTHING_UNKNOWN, Arguments, Asked, Machine
from gradlint.static.reading import (
    call_unknown,
    freeze,
    keep,
    operate,
    operate_cutting,
    origins_of,
    unknown_origins,
)
from gradlint.static.values import (
    NO_ORIGINS,
    PLAIN,
    UNKNOWN,
    Carrier,
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
    Super,
    Symbol,
    Tape,
    Tensor,
    Union,
    Value,
    Variable,
    join,
)


def call_symbol(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """What a library's function or constructor gives."""
    special = SPECIAL.get(name)
    if special is not None:
        return special(machine, name, arguments, place)
    if name.startswith(("builtins.", "operator.", "itertools.", "collections.", "copy.", "dataclasses.")):
        return builtin_calls.call_builtin(machine, name, arguments, place)
    flavour = created_flavour(name)
    if flavour is not None:
        return create(machine, name, flavour, arguments, place)
    if carrier_entry(name) is not None:
        return make_carrier(machine, name, arguments, place)
    if among("shape_only", name) or starts_among("shape_only_prefixes", name):
        _note_read(arguments)
        return UNKNOWN if not starts_among("operations_prefixes", name) else PLAIN
    if among("returns_argument", name):
        return arguments.get(0) or Symbol("functools.identity")
    if among("stop_gradient", name):
        return operate_cutting(machine, place, arguments.everything, Kind.STOP_GRADIENT, name)
    if among("leaves_tensorflow", name) or starts_among("leaves_tensorflow_prefixes", name):
        return _leave(machine, name, arguments, place)
    if among("custom_gradients", name):
        return LibraryObject(name, arguments.everything, place)
    if among("applies_functions", name):
        return _apply(machine, arguments, place)
    if name.startswith(("keras.layers.", "tfp.layers.")) or name in ("keras.Model", "keras.Sequential"):
        return _make_layer(machine, name, arguments, place)
    last = name.rpartition(".")[2]
    if last[:1].isupper() and starts_among("operations_prefixes", name):
        return LibraryObject(name, arguments.everything, place)
    if starts_among("operations_prefixes", name):
        verdict = verdict_of(name)
        if verdict in ("none", "error"):
            kind = Kind.CAST if among("comparisons", name.rpartition(".")[2]) else Kind.NO_GRADIENT
            return operate_cutting(machine, place, arguments.everything, kind, name)
        result = replace(operate(machine, place, arguments.everything), dtype=_dtype_of_result(name, arguments))
        if among("makes_constants", name) and not result.origins and not machine.tapes:
            return replace(result, constant=place)
        return result
    return call_unknown(machine, place, arguments.everything)


def _dtype_of_result(name: str, arguments: Arguments) -> str | None:
    """The dtype that a call names or, for `tf.constant` and `tf.range`, that its literals give."""
    given = next((value for key, value in arguments.keywords if key == "dtype"), None)
    if given is None:
        given = next((v for v in arguments.positional[1:] if isinstance(v, Symbol) and _is_dtype(v.name)), None)
    if given is not None:
        return dtype_of(given) or None
    return _dtype_of_initial(arguments.get(0)) if among("takes_dtype_from_literals", name) else None


def _is_dtype(name: str) -> bool:
    last = name.rpartition(".")[2]
    return among("floats", last) or among("integers", last)


def _make_layer(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A stock layer or model, with one weight that stands for all of its own."""
    found: dict[Variable, Reference] = {}
    if among("layers_with_weights", name):
        trainable = _trainable(arguments.get(None, "trainable"))
        if trainable is None:
            return Opaque(arguments.everything)
        variable = new_variable(machine, arguments, place, Flavour.TF, trainable, True)
        variable.name = variable.name or name.rpartition(".")[2]
        found[variable] = Reference(variable, Flavour.TF)
    for value in arguments.everything:
        for reference in attributes.weights_of(value):
            found.setdefault(reference.variable, reference)
        if name == "keras.Model":
            for origin in origins_of(machine, value, place):
                found.setdefault(origin.variable, Reference(origin.variable, origin.variable.flavour))
    return LibraryObject(name, arguments.everything, place, tuple(found.values()))


def _note_read(arguments: Arguments) -> None:
    for value in arguments.everything:
        if isinstance(value, Reference):
            value.variable.read = True


def _leave(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    functions = [value for value in arguments.everything if isinstance(value, Function)]
    operands = tuple(value for value in arguments.everything if value not in functions)
    left = operate_cutting(machine, place, operands, Kind.LEAVES_TENSORFLOW, name)
    return left if left.origins else UNKNOWN


def _apply(machine: Machine, arguments: Arguments, place: Place) -> Value:
    operands = tuple(
        value for value in arguments.everything if not isinstance(value, (Function, Partial, Symbol, Method))
    )
    given = operate(machine, place, operands)
    results: list[Value] = [given]
    for value in arguments.everything:
        if isinstance(value, (Function, Partial)):
            results.append(machine.call(machine, value, Arguments(extra=(given,), is_open=True), place))
        elif isinstance(value, (Symbol, Method)):
            results.append(machine.call(machine, value, Arguments((given,)), place))
    return operate(machine, place, tuple(results))


# -- weights ----------------------------------------------------------------------------------------------------


def dtype_of(value: Value | None) -> str | None:
    """The name of a constant dtype argument; "" where none was given, None where it is not known."""
    if value is None or value == Constant(None):
        return ""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, Symbol):
        last = value.name.rpartition(".")[2]
        return {"half": "float16", "double": "float64", "floatx": "float32", "float": "float32"}.get(last, last)
    return None


def _trainable(value: Value | None) -> bool | None:
    if value is None or value == Constant(None):
        return True
    return bool(value.value) if isinstance(value, Constant) else None


def create(machine: Machine, name: str, flavour: Flavour, arguments: Arguments, place: Place) -> Value:
    """A new variable from its initial value."""
    initial = arguments.get(0, "initial_value", "initializer")
    trainable = _trainable(arguments.get(None, "trainable"))
    dtype = dtype_of(arguments.get(None, "dtype"))
    if flavour is Flavour.KERAS_3 and machine.dialect is Dialect.KERAS_2:
        flavour = Flavour.TF
    if trainable is None or (dtype is None and initial is None):
        return Opaque(arguments.everything)
    if dtype == "":
        dtype = _dtype_of_initial(initial)
    inherited: Origins = NO_ORIGINS
    if initial is not None and not isinstance(initial, (Function, Partial, Symbol, LibraryObject, Instance)):
        keeper = Keeper(Kind.VARIABLE, "", place)
        carried = operate_cutting(machine, place, (initial,), Kind.ASSIGN, name) if machine.tapes else None
        found = origins_of(machine, initial, place) if carried is None else carried.origins
        inherited = frozenset(origin.keep(keeper) for origin in found)
    floating = among_floats(dtype)
    variable = new_variable(machine, arguments, place, flavour, trainable and floating, False)
    variable.dtype = dtype
    variable.integer = not floating and dtype not in ("bool", "string")
    return Reference(variable, flavour, inherited=inherited)


def _dtype_of_initial(initial: Value | None) -> str | None:
    if isinstance(initial, Constant):
        return _dtype_of_constant(initial.value)
    if isinstance(initial, Container):
        found = {_dtype_of_initial(element) for element in initial.values()}
        if "float32" in found:
            return "float32"
        return found.pop() if len(found) == 1 else None
    if isinstance(initial, Tensor):
        return initial.dtype or "float32"
    return None


def _dtype_of_constant(value: object) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int32"
    return "float32" if isinstance(value, float) else "string" if isinstance(value, str) else None


def among_floats(dtype: str | None) -> bool:
    """Whether a weight of this dtype can have a gradient; what is not known may."""
    return dtype is None or among("floats", dtype) or not among("integers", dtype)


def new_variable(
    machine: Machine, arguments: Arguments, place: Place, flavour: Flavour, trainable: bool, registered: bool
) -> Variable:
    """Record one more weight."""
    name = arguments.get(None, "name")
    variable = Variable(
        name=name.value if isinstance(name, Constant) and isinstance(name.value, str) else "",
        created=place,
        flavour=flavour,
        trainable=trainable,
        registered=registered,
        phase=Phase.FORWARD if machine.tapes else machine.phase,
        recreated=machine.runs_every_call,
        tapes=machine.tapes,
    )
    machine.variables.append(variable)
    return variable


def add_weight(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    """`self.add_weight(…)` of a Keras layer."""
    trainable = _trainable(arguments.get(None, "trainable"))
    dtype = dtype_of(arguments.get(None, "dtype"))
    first = arguments.positional[0] if arguments.positional else None
    takes_name_first = isinstance(first, Constant) and isinstance(first.value, str)
    if trainable is None:
        return Opaque()
    keras_2 = machine.dialect is Dialect.KERAS_2
    flavour = Flavour.TF if keras_2 else Flavour.KERAS_3
    runs = keras_2 or not takes_name_first
    variable = new_variable(machine, arguments, place, flavour, trainable and runs and among_floats(dtype), True)
    variable.dtype = "float32" if dtype == "" else dtype
    if takes_name_first and isinstance(first, Constant):
        variable.name = str(first.value)
    return Reference(variable, flavour)


# -- carriers ---------------------------------------------------------------------------------------------------


def make_carrier(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A distribution, bijector, kernel, linear operator, …: references are kept, plain values are kept as they are."""
    entry = carrier_entry(name) or {}
    kind = Kind(entry["kind"])
    parameters = entry.get("parameters", ())
    freezes = frozenset(entry.get("freezes", ()))
    keeper = Keeper(kind, name.rpartition(".")[2], place)
    members: list[tuple[str, Value]] = []
    given = [
        *((parameters[i] if i < len(parameters) else f"({i})", value) for i, value in enumerate(arguments.positional)),
        *arguments.keywords,
        *((f"(extra {i})", value) for i, value in enumerate(arguments.extra)),
    ]
    for parameter, value in given:
        if kind in (Kind.SPARSE_TENSOR, Kind.RAGGED_TENSOR):
            kept = freeze(machine, value, keeper, Kind.PLAIN)
        elif parameter in freezes:
            kept = freeze(machine, value, keeper, Kind.FREEZING_CONSTRUCTOR)
        else:
            kept = keep(machine, value, keeper)
        members.append((parameter, kept))
    return Carrier(kind, name, tuple(members), place)


def call_object(machine: Machine, callee: LibraryObject | Carrier, arguments: Arguments, place: Place) -> Value:
    """Calling a bijector, a stock layer, a loss, an initializer and their like."""
    if isinstance(callee, Carrier):
        given = arguments.get(0)
        if callee.kind is Kind.BIJECTOR and isinstance(given, Tensor):
            return _apply_bijector(machine, callee, "forward", given, place)
        if isinstance(given, Carrier) and callee.kind is Kind.BIJECTOR:
            return Carrier(given.kind, given.name, (("bijector", callee), ("distribution", given)), place)
        return operate(machine, place, (callee, *arguments.everything))
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


# -- methods ----------------------------------------------------------------------------------------------------


def call_method(machine: Machine, receiver: Value, name: str, arguments: Arguments, place: Place) -> Value:
    """What a method of a library object, a tensor, a weight, a container or a Keras base class gives."""
    if isinstance(receiver, Container):
        return builtin_calls.call_container_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, Constant):
        return builtin_calls.call_constant_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, (Instance, Super)):
        return _call_inherited(machine, receiver, name, arguments, place)
    if isinstance(receiver, Tape):
        return _call_tape(machine, receiver, name, arguments, place)
    if isinstance(receiver, Reference) and among("assigning_methods", name):
        receiver.variable.assigned = True
        if receiver.flavour is Flavour.KERAS_3:
            carried = operate(machine, place, arguments.everything)
        else:
            carried = operate_cutting(machine, place, arguments.everything, Kind.ASSIGN, name)
        if machine.tapes:
            written = operate_cutting(machine, place, (carried,), Kind.ASSIGN, name)
            others = (origin for origin in written.origins if origin.variable is not receiver.variable)
            kept = frozenset() if name == "assign" else receiver.variable.carried
            receiver.variable.carried = kept | frozenset(others)
        own = operate(machine, place, (receiver,))
        return Tensor(own.origins | carried.origins)
    if among("leaving_methods", name) and isinstance(
        receiver, (Reference, Tensor, LibraryObject, Opaque, Carrier, Method)
    ):
        left = operate_cutting(machine, place, (receiver, *arguments.everything), Kind.LEAVES_TENSORFLOW, name)
        return left if left.origins else UNKNOWN
    if isinstance(receiver, LibraryObject):
        return _call_library_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, Carrier):
        return _call_carrier_method(machine, receiver, name, arguments, place)
    if isinstance(receiver, (Reference, Tensor)):
        return operate(machine, place, (receiver, *arguments.everything))
    return call_unknown(machine, place, (receiver, *arguments.everything))


def _call_carrier_method(machine: Machine, receiver: Carrier, name: str, arguments: Arguments, place: Place) -> Value:
    if name in ("copy", "with_name_scope", "_with_batch_shape"):
        return receiver
    if name in (
        "experimental_default_event_space_bijector",
        "batch_shape_tensor",
        "event_shape_tensor",
        "forward_event_shape",
    ):
        return PLAIN
    given = arguments.get(0)
    if receiver.kind is Kind.BIJECTOR and name in ("forward", "inverse") and isinstance(given, Tensor):
        return _apply_bijector(machine, receiver, name, given, place)
    operands = (receiver, *arguments.everything)
    entry = carrier_entry(receiver.name) or {}
    if name in ("sample", "experimental_sample_and_log_prob") and entry.get("reparameterized") is False:
        return operate_cutting(machine, place, operands, Kind.SAMPLE, receiver.name)
    if name == "sample" and entry.get("reparameterized") == "partial":
        return _sample_in_part(machine, receiver, frozenset(entry.get("sample_gradient", ())), place)
    if name == "sample" and entry.get("reparameterized") is not True:
        return doubt_live(machine, operate(machine, place, operands))
    return operate(machine, place, operands)


def _apply_bijector(machine: Machine, bijector: Carrier, direction: str, given: Tensor, place: Place) -> Tensor:
    """A bijector answers from its cache where it has seen this very tensor and the earlier result is still held."""
    if given.constant is None:
        return operate(machine, place, (bijector, given))
    key = (bijector.made, direction, given.constant)
    if not machine.tapes:
        result = operate(machine, place, (bijector, given))
        machine.bijector_results[key] = result
        return result
    earlier = machine.bijector_results.get(key)
    if earlier is not None and any(names.get(name) is earlier for names, name, _ in machine.journal):
        return operate_cutting(machine, place, (bijector,), Kind.BIJECTOR_CACHE, bijector.name)
    return operate(machine, place, (bijector, given))


def _sample_in_part(machine: Machine, receiver: Carrier, through: frozenset[str], place: Place) -> Tensor:
    """A sample whose gradient comes back through some parameters only."""
    if any(name == "reparameterize" for name, _ in receiver.members):
        return doubt_live(machine, operate(machine, place, (receiver,)))
    kept = tuple(member for name, member in receiver.members if name in through)
    lost = tuple(member for name, member in receiver.members if name not in through)
    cut = operate_cutting(machine, place, lost, Kind.SAMPLE, receiver.name)
    return Tensor(cut.origins | operate(machine, place, kept).origins)


def doubt_live(machine: Machine, value: Tensor) -> Tensor:
    """What an operation of unknown gradient makes: only ways that are still alive are in doubt."""
    return Tensor(
        frozenset(
            replace(origin, doubtful=True) if origin.tapes & machine.tapes else origin for origin in value.origins
        )
    )


def _call_library_method(
    machine: Machine, receiver: LibraryObject, name: str, arguments: Arguments, place: Place
) -> Value:
    if name == "minimize" and arguments.positional:
        _minimize(machine, arguments.positional[0], arguments.get(1, "var_list"), place)
        return UNKNOWN
    if name == "add" and receiver.name == "keras.Sequential":
        return UNKNOWN
    if name in ("apply_gradients", "compile", "fit", "evaluate", "summary", "build", "update_state", "reset_states"):
        return UNKNOWN
    if name in ("call", "__call__"):
        return call_object(machine, receiver, arguments, place)
    return call_unknown(machine, place, (receiver, *arguments.everything))


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
        return UNKNOWN
    if name == "__setattr__" and len(arguments.positional) == 2 and isinstance(arguments.positional[0], Constant):
        attributes.put(
            machine,
            instance,
            str(arguments.positional[0].value),
            arguments.positional[1],
            place,
            f"self.{arguments.positional[0].value}",
        )
        return UNKNOWN
    if name == "__call__":
        method = lookup(instance.type, "call")
        if isinstance(method, Function):
            return machine.call(machine, replace(method, receiver=instance), arguments, place)
    if among("harmless_methods", name) or name in ("__init__", "__init_subclass__", "__post_init__"):
        if name == "__init__" and host_of(instance.type) is Host.CARRIER:
            machine.write(instance.attributes, "(arguments)", Opaque(arguments.everything))
        return UNKNOWN
    if name in ("fit", "evaluate"):
        return UNKNOWN
    if among("leaving_methods", name):
        return operate_cutting(machine, place, (instance,), Kind.LEAVES_TENSORFLOW, name)
    return call_unknown(machine, place, (instance, *arguments.everything))


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


# -- requests ---------------------------------------------------------------------------------------------------


def _call_tape(machine: Machine, tape: Tape, name: str, arguments: Arguments, place: Place) -> Value:
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


def watched_tensor(machine: Machine, value: Value, label: str, place: Place) -> Value:
    """A plain tensor that a tape was told to watch: from here on it is what a gradient is asked for."""
    if not isinstance(value, Tensor) or any(origin.tapes & machine.tapes for origin in value.origins):
        return value
    variable = new_variable(machine, Arguments(), place, Flavour.TF, True, True)
    variable.label = label
    variable.watched = True
    variable.recreated = False
    return Reference(variable, Flavour.TF, inherited=value.origins)


def ask(machine: Machine, place: Place, sources: Value, target: Origins, tape: int, is_opaque: bool) -> None:
    """Record that the program asks for the gradient of `target` with respect to `sources`."""
    variables = tuple(reference.variable for reference in attributes.weights_of(sources))
    for variable in variables:
        variable.requested = True
    parts = tuple(sources.values()) if isinstance(sources, Container) else (sources,)
    tensors = tuple(part for part in parts if isinstance(part, Tensor))
    machine.asked.append(Asked(place, variables, target, tape, is_opaque, tensors))


def _minimize(machine: Machine, loss: Value, sources: Value | None, place: Place) -> None:
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


def _tfp_minimize(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    loss = arguments.get(0, "loss_fn")
    if loss is not None:
        _minimize(machine, loss, arguments.get(None, "trainable_variables"), place)
    return UNKNOWN


# -- functions with a meaning of their own ----------------------------------------------------------------------


def _cast(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0, "x")
    dtype = dtype_of(arguments.get(1, "dtype"))
    if value is None:
        return call_unknown(machine, place, arguments.everything)
    if isinstance(value, Union):
        results = [
            _cast(machine, name, replace(arguments, positional=(v, *arguments.positional[1:])), place)
            for v in value.alternatives
        ]
        result = results[0]
        for other in results[1:]:
            result = join(result, other)
        return result
    if isinstance(value, Reference) and value.flavour is Flavour.TF and name != "keras.ops.cast":
        if dtype and dtype == value.variable.dtype:
            value.variable.read = True
            return value
        if dtype is None or value.variable.dtype is None:
            return Opaque((value,))
    if dtype is not None and among("integers", dtype):
        return operate_cutting(machine, place, (value,), Kind.CAST, name)
    return operate(machine, place, (value,))


def _convert(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0, "x", "value")
    if isinstance(value, Reference) and value.flavour is Flavour.KERAS_3:
        return value
    return operate(machine, place, (value,)) if value is not None else UNKNOWN


def _tape(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return Tape(machine.new_tape())


def _partial(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    if not arguments.positional:
        return call_unknown(machine, place, arguments.everything)
    keeper = Keeper(Kind.PARTIAL, "", place)

    def held(value: Value) -> Value:
        return keep(machine, value, keeper) if isinstance(value, Tensor) else value

    function = arguments.positional[0]
    if isinstance(function, Symbol) and among("decorator_factories", function.name):
        return function
    return Partial(
        function,
        tuple(held(value) for value in arguments.positional[1:]),
        tuple((key, held(value)) for key, value in arguments.keywords),
        place,
    )


def _map_structure(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    function, structure = arguments.get(0, "func"), arguments.get(1, "structure")
    if isinstance(structure, Container) and function is not None and len(arguments.positional) == 2:
        return Container(
            structure.type,
            {
                key: machine.call(machine, function, Arguments((value,)), place)
                for key, value in structure.items.items()
            },
        )
    return _apply(machine, arguments, place)


def _identity_function(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return arguments.get(0) or UNKNOWN


def _reveal(value: bool) -> Callable[[Machine, str, Arguments, Place], Value]:
    return lambda machine, name, arguments, place: Constant(value)


SPECIAL: dict[str, Callable[[Machine, str, Arguments, Place], Value]] = {
    "tf.cast": _cast,
    "tf.dtypes.cast": _cast,
    "keras.backend.cast": _cast,
    "keras.ops.cast": _cast,
    "keras.ops.convert_to_tensor": _convert,
    "tf.GradientTape": _tape,
    "functools.partial": _partial,
    "tf.nest.map_structure": _map_structure,
    "functools.identity": _identity_function,
    "tf.executing_eagerly": _reveal(True),
    "tfp.math.minimize": _tfp_minimize,
}
