"""What calls into TensorFlow, Keras, TFP, NumPy and Python's own library do to the weights they are given."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from gradlint.run import Kind
from gradlint.static import attributes, builtin_calls
from gradlint.static.builtin_calls import CALLED_METHOD
from gradlint.static.carriers import make_carrier
from gradlint.static.contexts import EXIT_STACK
from gradlint.static.creating import create, make_layer
from gradlint.static.dispatching import REGISTER, register
from gradlint.static.drawn import DRAWN_MODELS, clone_model, make_model
from gradlint.static.dtypes import dtype_of, dtype_of_result, integer_result
from gradlint.static.importing import import_named
from gradlint.static.knowledge import (
    among,
    carrier_entry,
    created_flavour,
    fields_of,
    is_class,
    is_measured,
    keeps_state,
    lost_arguments,
    passes_gradient,
    starts_among,
    verdict_of,
)
from gradlint.static.machine import Arguments, Machine
from gradlint.static.nesting import applied, flatten, map_structure
from gradlint.static.reading import (
    call_unknown,
    keep,
    operate,
    operate_cutting,
    stop_gradient,
)
from gradlint.static.records import NAMED_TUPLE, define_named_tuple, make_named_tuple
from gradlint.static.requests import tfp_minimize
from gradlint.static.truth import truth
from gradlint.static.values import (
    ARRAY,
    INPUT,
    PLAIN,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Instance,
    Keeper,
    LibraryObject,
    Opaque,
    Partial,
    Place,
    Reference,
    Symbol,
    Tape,
    Tensor,
    Union,
    Value,
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
    if keeps_state(name) or among("regularizers", name):
        return LibraryObject(name, arguments.everything, place)
    if among("tracers", name) and isinstance(function := arguments.get(0, "func"), Function):
        return replace(function, traced=place)
    if among("returns_argument", name):
        return arguments.get(0) or Symbol("functools.identity")
    if among("shape_only", name) or (starts_among("shape_only_prefixes", name) and not passes_gradient(name)):
        _note_read(arguments)
        if starts_among("operations_prefixes", name):
            return replace(PLAIN, dtype=integer_result(name, arguments))
        given = tuple(value for value in arguments.everything if isinstance(value, (Reference, Tensor)))
        return call_unknown(machine, place, given)
    if among("stop_gradient", name):
        return stop_gradient(machine, place, arguments.everything, name)
    if among("leaves_tensorflow", name) or starts_among("leaves_tensorflow_prefixes", name):
        return _leave(machine, name, arguments, place)
    if among("custom_gradients", name):
        return LibraryObject(name, arguments.everything, place)
    if among("applies_functions", name):
        return applied(machine, arguments, place)
    if name in DRAWN_MODELS:
        return make_model(machine, name, arguments, place)
    if starts_among("layer_prefixes", name):
        return make_layer(machine, name, arguments, place)
    if is_class(name) and starts_among("objects_prefixes", name) and not is_measured(name):
        return LibraryObject(name, arguments.everything, place)
    if among("casts", name):
        return _cast(machine, name, arguments, place)
    if starts_among("pipelines_prefixes", name):
        return operate_cutting(machine, place, arguments.everything, Kind.NO_GRADIENT, name)
    if starts_among("operations_prefixes", name):
        verdict = verdict_of(name)
        if verdict in ("none", "error"):
            kind = Kind.CAST if among("comparisons", name.rpartition(".")[2]) else Kind.NO_GRADIENT
            cut = operate_cutting(machine, place, arguments.everything, kind, name)
            return replace(cut, dtype=integer_result(name, arguments))
        dtype = dtype_of_result(name, arguments)
        if dtype is not None and among("integers", dtype):
            return replace(operate_cutting(machine, place, arguments.everything, Kind.CAST, name), dtype=dtype)
        fields = fields_of(name)
        if fields:
            return _several(machine, name, fields, arguments, place)
        if name == "tf.constant" and machine.tapes and _is_plain_variable(arguments.get(0, "value")):
            return operate_cutting(machine, place, arguments.everything, Kind.LEAVES_TENSORFLOW, name)
        result = replace(_operated(machine, name, arguments, place), dtype=dtype)
        if among("makes_constants", name) and not result.origins:
            return replace(result, constant=place, recorded=bool(machine.tapes))
        return result
    return call_unknown(machine, place, arguments.everything)


def _operated(machine: Machine, name: str, arguments: Arguments, place: Place) -> Tensor:
    """What an operation makes of its arguments, some of which no gradient may come back through."""
    lost = lost_arguments(name)
    if not lost:
        return operate(machine, place, arguments.everything)
    positions = set(lost.values())
    given = [(number in positions, value) for number, value in enumerate(arguments.positional)]
    given += [(key in lost, value) for key, value in arguments.keywords]
    live = operate(machine, place, (*(value for is_lost, value in given if not is_lost), *arguments.extra))
    cut = operate_cutting(
        machine, place, tuple(value for is_lost, value in given if is_lost), Kind.NO_GRADIENT, f"{name}()"
    )
    return replace(live, origins=live.origins | cut.origins, symbolic=live.symbolic or cut.symbolic)


def _is_plain_variable(value: Value | None) -> bool:
    """`tf.constant` reads the content of a variable and forgets where it came from."""
    known = (Flavour.TF, Flavour.KERAS_3)
    return isinstance(value, Reference) and value.flavour in known and value.variable.flavour in known


def _several(machine: Machine, name: str, fields: dict[str, str], arguments: Arguments, place: Place) -> Value:
    """An operation of several results, some of which no gradient passes."""
    results: list[Value] = [
        operate(machine, place, arguments.everything)
        if verdict == "gradient"
        else operate_cutting(machine, place, arguments.everything, Kind.NO_GRADIENT, f"{name}.{field}")
        for field, verdict in fields.items()
    ]
    return Container("tuple", dict(enumerate(results)), tuple(fields))


def _note_read(arguments: Arguments) -> None:
    for value in arguments.everything:
        if isinstance(value, Reference):
            value.variable.read = True


def _leave(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    functions = [value for value in arguments.everything if isinstance(value, Function)]
    operands = tuple(value for value in arguments.everything if value not in functions)
    left = operate_cutting(machine, place, operands, Kind.LEAVES_TENSORFLOW, name)
    dtype = integer_result(name, arguments)
    if left.origins:
        return replace(left, dtype=dtype)
    is_array = name.startswith("np.") and not _may_hold_objects(arguments)
    return replace(ARRAY if is_array else UNKNOWN, dtype=dtype)


OBJECTS = (Constant(None), Constant("object"), Constant("O"), Symbol("builtins.object"), Symbol("np.object_"))


def _may_hold_objects(arguments: Arguments) -> bool:
    """Whether what NumPy is given may make an array of objects, which may be tensors."""
    given = [part for value in arguments.everything for part in (value, *_elements(value))]
    return any(value in OBJECTS or isinstance(value, (Instance, Function)) for value in given)


def _elements(value: Value) -> tuple[Value, ...]:
    return tuple(value.values()) if isinstance(value, Container) else ()


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
    if isinstance(value, Reference) and value.flavour is Flavour.TF and among("casts_to_itself", name):
        if dtype and dtype == value.variable.dtype:
            value.variable.read = True
            return value
        if dtype is None or value.variable.dtype is None:
            return Opaque((value,))
    if dtype is not None and among("integers", dtype):
        return replace(operate_cutting(machine, place, (value,), Kind.CAST, name), dtype=dtype)
    return operate(machine, place, (value,))


def _convert(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0, "x", "value")
    if isinstance(value, Reference) and value.flavour is Flavour.KERAS_3:
        return value
    return operate(machine, place, (value,)) if value is not None else UNKNOWN


def _tape(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    watches = arguments.get(1, "watch_accessed_variables")
    return Tape(machine.new_tape(), watches is None or truth(watches) is not False)


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


def _bare(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """An object of a base class itself, for a program to hang its weights on."""
    short = name.rpartition(".")[2]
    definition = ast.copy_location(
        ast.ClassDef(name=short, bases=[], keywords=[], body=[], decorator_list=[]), place.node
    )
    return Instance(Class(definition, place.module, short, (Symbol(name),)))


def _namespace(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return Container("namespace", dict(arguments.keywords))


def _field(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return Partial(Symbol(name), (), arguments.keywords, place)


def _reduce(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    function, sequence, initial = arguments.get(0), arguments.get(1), arguments.get(2)
    elements = None if sequence is None else builtin_calls.elements_of(machine, sequence, place)
    if function is None or elements is None:
        return call_unknown(machine, place, arguments.everything)
    if initial is not None:
        elements = [initial, *elements]
    result: Value = elements[0] if elements else UNKNOWN
    for element in elements[1:]:
        result = machine.call(machine, function, Arguments((result, element)), place)
    return result


def _input(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return INPUT


def _draw_graphs(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    machine.draws_graphs = True
    return UNKNOWN


def _identity_function(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return arguments.get(0) or UNKNOWN


def _method_called(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`operator.methodcaller(name, …)(value)`."""
    method, *given = arguments.positional or (UNKNOWN,)
    if not given or not isinstance(method, Constant):
        return call_unknown(machine, place, arguments.everything)
    value = given.pop()
    called = attributes.get(machine, value, str(method.value), place)
    return machine.call(machine, called, Arguments(tuple(given), arguments.keywords), place)


def _made_property(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A property or bound partial as an expression: the class that holds it knows what to make of it."""
    return Partial(Symbol(name), arguments.positional, arguments.keywords, place)


def _cached(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`functools.cache(f)`, `functools.lru_cache(f)` or `functools.lru_cache(maxsize=…)`."""
    function = arguments.get(0, "user_function")
    if isinstance(function, Function):
        return replace(function, cached=True)
    return Partial(Symbol(name), (), (), place) if function is None or isinstance(function, Constant) else UNKNOWN


def _as_builtin(builtin: str) -> Callable[[Machine, str, Arguments, Place], Value]:
    """What gives the same as a builtin does."""
    return lambda machine, name, arguments, place: builtin_calls.call_builtin(machine, builtin, arguments, place)


def _unique(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """Something that equals nothing but itself."""
    definition = ast.copy_location(
        ast.ClassDef(name=name, bases=[], keywords=[], body=[], decorator_list=[]), place.node
    )
    return Instance(Class(definition, place.module, name, ()))


def _is_function(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`inspect.isfunction(f)`, or `inspect.ismethod(f)` for what is bound to an object."""
    function = arguments.get(0)
    if isinstance(function, Function):
        return Constant((function.receiver is None) is (name == "inspect.isfunction"))
    return Constant(False) if isinstance(function, (Class, Instance, Constant, Container)) else UNKNOWN


def _parameters(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`inspect.getfullargspec(f)`."""
    function = arguments.get(0)
    if not isinstance(function, Function):
        return UNKNOWN
    signature = function.node.args
    names = [one.arg for one in (*signature.posonlyargs, *signature.args)]
    only_by_name = [one.arg for one in signature.kwonlyargs]
    return Container(
        "namespace",
        {
            "args": Container("list", {number: Constant(one) for number, one in enumerate(names)}),
            "varargs": Constant(signature.vararg and signature.vararg.arg),
            "varkw": Constant(signature.kwarg and signature.kwarg.arg),
            "kwonlyargs": Container("list", {number: Constant(one) for number, one in enumerate(only_by_name)}),
        },
    )


def _register_conversion(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`tf.register_tensor_conversion_function(type, function)`."""
    type_, function = arguments.get(0, "base_type"), arguments.get(1, "conversion_func")
    if isinstance(type_, Class) and isinstance(function, (Function, Partial)):
        machine.write(machine.conversions, type_, function)
    return UNKNOWN


def _exit_stack(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    return Container(EXIT_STACK)


def _weak(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A weak reference: calling it gives the object, which is taken to be alive."""
    return Partial(Symbol("functools.identity"), arguments.positional[:1], (), place)


def _reveal(value: bool) -> Callable[[Machine, str, Arguments, Place], Value]:
    return lambda machine, name, arguments, place: Constant(value)


def _activation(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`keras.activations.get`: a function of Keras by its name, or whatever function it is given."""
    given = arguments.get(0, "identifier")
    if isinstance(given, Constant) and isinstance(given.value, str):
        return Symbol(f"keras.activations.{given.value}")
    return Symbol("keras.activations.linear") if given in (None, Constant(None)) or isinstance(given, Opaque) else given


SPECIAL: dict[str, Callable[[Machine, str, Arguments, Place], Value]] = {
    "keras.ops.convert_to_tensor": _convert,
    "keras.activations.get": _activation,
    "tf.GradientTape": _tape,
    "functools.partial": _partial,
    "tf.nest.map_structure": map_structure,
    "keras.tree.map_structure": map_structure,
    "tf.nest.flatten": flatten,
    "keras.tree.flatten": flatten,
    "functools.identity": _identity_function,
    CALLED_METHOD: _method_called,
    "functools.cached_property": _made_property,
    "functools.partialmethod": _made_property,
    "functools.cache": _cached,
    "functools.lru_cache": _cached,
    "contextlib.ExitStack": _exit_stack,
    "weakref.WeakKeyDictionary": _as_builtin("builtins.dict"),
    "weakref.WeakValueDictionary": _as_builtin("builtins.dict"),
    "weakref.WeakSet": _as_builtin("builtins.set"),
    "uuid.uuid1": _unique,
    "uuid.uuid4": _unique,
    "builtins.object": _unique,
    "tf.register_tensor_conversion_function": _register_conversion,
    "inspect.isfunction": _is_function,
    "inspect.ismethod": _is_function,
    "inspect.getfullargspec": _parameters,
    "weakref.ref": _weak,
    "weakref.WeakMethod": _weak,
    "keras.Input": _input,
    "functools.reduce": _reduce,
    "tf.Module": _bare,
    "keras.layers.Layer": _bare,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "dataclasses.field": _field,
    "attr.ib": _field,
    "attr.attrib": _field,
    "attr.field": _field,
    "attrs.field": _field,
    "collections.namedtuple": define_named_tuple,
    NAMED_TUPLE: make_named_tuple,
    REGISTER: register,
    "importlib.import_module": import_named,
    "builtins.__import__": import_named,
    "tf.executing_eagerly": _reveal(True),
    "tf.compat.v1.disable_eager_execution": _draw_graphs,
    "tf.compat.v1.disable_v2_behavior": _draw_graphs,
    "tfp.math.minimize": tfp_minimize,
    "keras.models.clone_model": clone_model,
}
