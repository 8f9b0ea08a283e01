"""What tells the probe of TensorFlow, TFP and Keras at work, beyond what their public names tell.

Each hook is a context manager that puts back what it found, also after an exception. The names that are private to
TensorFlow stand in `private`; without them a hook does nothing.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, ModuleType
from typing import Any

from gradlint.probe.errors import ProbeError
from gradlint.probe.recording import private

OpObserver = Callable[[str, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], Any], None]
"""Called with an operation's type, inputs, attributes, outputs and its graph (None where it ran eagerly)."""


def tensorflow() -> ModuleType:
    """TensorFlow itself, imported now.

    Raises:
        ProbeError: it is not installed.
    """
    try:
        return importlib.import_module("tensorflow")
    except ModuleNotFoundError as missing:
        if missing.name != "tensorflow":
            raise
        raise ProbeError(
            "TensorFlow is not installed here, and a probe runs the model: install it beside gradlint, "
            "from its source tree with `pip install '.[probe]'`"
        ) from None


def probability() -> ModuleType | None:
    """TensorFlow Probability, if the program imported it: objects of a library that nobody imported do not exist."""
    return sys.modules.get("tensorflow_probability")


@private.hook
@contextmanager
def operations(observer: OpObserver) -> Iterator[None]:
    """Call `observer` after every operation of this thread, eager or being put into a graph."""
    op_callbacks = private.module_of("operations")

    def callback(
        op_type: Any,
        inputs: Any,
        attributes: Any,
        outputs: Any,
        op_name: Any = None,
        graph: Any = None,
    ) -> None:
        name = op_type.decode() if isinstance(op_type, bytes) else op_type
        observer(name, tuple(inputs), tuple(attributes or ()), tuple(outputs or ()), graph)

    op_callbacks.add_op_callback(callback)
    try:
        yield
    finally:
        op_callbacks.remove_op_callback(callback)


@contextmanager
def replaced(owner: Any, replacements: dict[str, Any]) -> Iterator[None]:
    """Put other values under some names of a class or module, and take them away again."""
    before = {name: vars(owner)[name] for name in replacements}
    for name, value in replacements.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


@private.hook
@contextmanager
def variables_created(observer: Callable[[Any], None]) -> Iterator[None]:
    """Call `observer` with every `tf.Variable` as soon as it is made, those inside Keras 3 variables too."""
    resources = private.module_of("variables_created")
    original = vars(resources.BaseResourceVariable)["__init__"]

    @functools.wraps(original)
    def made(self: Any, *arguments: Any, **keywords: Any) -> None:
        original(self, *arguments, **keywords)
        if not isinstance(self, resources._UnreadVariable):  # what `assign` returns: the same variable once more
            observer(self)

    with replaced(resources.BaseResourceVariable, {"__init__": made}):
        yield


@private.hook
@contextmanager
def assignments_returned(observer: Callable[[Any, Any], None]) -> Iterator[None]:
    """Call `observer` with (variable, result) for what every `assign` outside of a graph returns."""
    resources = private.module_of("assignments_returned")
    unread, shown = resources._UnreadVariable, keras_variable_class()
    original = vars(unread)["__init__"]

    @functools.wraps(original)
    def made(self: Any, *arguments: Any, **keywords: Any) -> None:
        original(self, *arguments, **keywords)
        observer(self, self)

    def assigning(assign: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(assign)
        def assigned(self: Any, *arguments: Any, **keywords: Any) -> Any:
            result = assign(self, *arguments, **keywords)
            observer(self, result)
            return result

        return assigned

    with ExitStack() as stack:
        stack.enter_context(replaced(unread, {"__init__": made}))
        if shown is not None and "assign" in vars(shown):
            stack.enter_context(replaced(shown, {"assign": assigning(vars(shown)["assign"])}))
        yield


@private.hook
@contextmanager
def values_leaving(observer: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Call `observer` with (source, value) whenever an eager tensor becomes an array or a number, or an array another.

    The program gets what the observer returns.

    NumPy reads an eager tensor through the buffer protocol, where nothing can watch; so NumPy's own functions
    are watched too, under their public names.
    """
    numpy = importlib.import_module("numpy")
    modules = (numpy, numpy.linalg, numpy.fft)
    eager_base = private.find(private.EAGER_TENSOR)
    sources = (eager_base, numpy.ndarray, numpy.generic)
    converting: list[bool] = []
    arrays: list[list[Any]] = []

    def method(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def leave(self: Any, *arguments: Any, **keywords: Any) -> Any:
            converting.append(True)
            try:
                value = original(self, *arguments, **keywords)
            finally:
                converting.pop()
            if not converting:
                value = observer(self, value)
                if arrays:
                    arrays[-1].append(value)
            return value

        return leave

    def function(original: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        arrays.append([])
        try:
            value = original(*arguments, **keywords)
        finally:
            taken = arrays.pop()
        if not arrays and not converting:
            opened = (each for given in arguments for each in (given if isinstance(given, (list, tuple)) else (given,)))
            for each in (*taken, *opened):
                if isinstance(each, sources):
                    value = observer(each, value)
        return value

    names = ("numpy", "__array__", "__float__", "__int__", "__bool__", "__index__", "__complex__")
    methods = {name: method(vars(eager_base)[name]) for name in names if name in vars(eager_base)}
    with ExitStack() as stack:
        stack.enter_context(replaced(eager_base, methods))
        for module in modules:
            functions = {
                name: _Watched(original, function)
                for name, original in vars(module).items()
                if not name.startswith("_") and _takes_arrays(original, numpy)
            }
            stack.enter_context(replaced(module, functions))
        yield


class _Watched:
    """A NumPy function that is watched; its attributes (`numpy.add.reduce`) stay its own."""

    def __init__(
        self, original: Callable[..., Any], run: Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
    ) -> None:
        self._original = original
        self._run = run

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._run(self._original, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _takes_arrays(value: Any, numpy: ModuleType) -> bool:
    """Whether it is a function of NumPy that computes with the arrays it is given."""
    if isinstance(value, numpy.ufunc):
        return True
    return hasattr(value, "_implementation") or value in (numpy.array, numpy.asarray, numpy.asanyarray)


@private.hook
@contextmanager
def constants_made(observer: Callable[[Any, Any], None]) -> Iterator[None]:
    """Call `observer` with (value, tensor) whenever an array or a number becomes an eager constant."""
    constant_op = private.module_of("constants_made")
    original = vars(constant_op)["convert_to_eager_tensor"]

    @functools.wraps(original)
    def made(value: Any, *arguments: Any, **keywords: Any) -> Any:
        tensor = original(value, *arguments, **keywords)
        observer(value, tensor)
        return tensor

    with replaced(constant_op, {"convert_to_eager_tensor": made}):
        yield


@private.hook
@contextmanager
def numpy_functions_run(observer: OpObserver) -> Iterator[None]:
    """Call `observer` after every `tf.numpy_function` that ran eagerly: no operation is told of then."""
    script_ops = private.module_of("numpy_functions_run")
    original = vars(script_ops)["py_func_common"]

    @functools.wraps(original)
    def run(func: Any, inp: Any, *arguments: Any, **keywords: Any) -> Any:
        result = original(func, inp, *arguments, **keywords)
        tf = tensorflow()
        if tf.executing_eagerly():
            given = (each for each in tf.nest.flatten(inp) if tf.is_tensor(each))
            made = (each for each in tf.nest.flatten(result) if tf.is_tensor(each))
            observer("PyFunc", tuple(given), (), tuple(made), None)
        return result

    with replaced(script_ops, {"py_func_common": run}):
        yield


@private.hook
@contextmanager
def attributes_set(observer: Callable[[Any, str, Any, Any], None]) -> Iterator[None]:
    """Call `observer` with (object, name, value before, value) when a layer or module sets an attribute that it has."""
    tracking = private.module_of("attributes_set")
    bases = (tracking.AutoTrackable, keras().layers.Layer)
    owners = dict.fromkeys(next(each for each in base.__mro__ if "__setattr__" in vars(each)) for base in bases)

    def setting(original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def set_attribute(self: Any, name: str, value: Any) -> None:
            before = vars(self).get(name)
            if before is not None:
                observer(self, name, before, value)
            original(self, name, value)

        return set_attribute

    with ExitStack() as stack:
        for owner in owners:
            stack.enter_context(replaced(owner, {"__setattr__": setting(vars(owner)["__setattr__"])}))
        yield


@contextmanager
def cache_answers(observer: Callable[[Any], None]) -> Iterator[None]:
    """Call `observer` with every result that a TFP bijector takes from its cache instead of computing it."""
    if probability() is None:
        yield
        return
    cache_util = importlib.import_module("tensorflow_probability.python.internal.cache_util")
    owner = cache_util.BijectorCache
    lookup, invoke = vars(owner)["_lookup"], vars(owner)["_invoke"]
    computed: list[bool] = []

    @functools.wraps(lookup)
    def looked_up(self: Any, *arguments: Any, **keywords: Any) -> Any:
        computed.append(False)
        try:
            output = lookup(self, *arguments, **keywords)
        finally:
            fresh = computed.pop()
        if not fresh:
            observer(output)
        return output

    @functools.wraps(invoke)
    def invoked(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if computed:
            computed[-1] = True
        return invoke(self, *arguments, **keywords)

    with replaced(owner, {"_lookup": looked_up, "_invoke": invoked}):
        yield


def is_variable(value: Any) -> bool:
    """Whether it is a `tf.Variable` that lives in a resource (every eager one does)."""
    return isinstance(value, private.find(private.RESOURCE_VARIABLE) or tensorflow().Variable)


_WRAPPERS = {
    "keras.src.backend.common.variables": "_value",
    "keras.src.mixed_precision.autocast_variable": "_variable",
    "tf_keras.src.mixed_precision.autocast_variable": "_variable",
}
"""Where Keras defines what it wraps a variable in, and the attribute that holds it."""


def stock_layer_in(frames: Iterable[FrameType], passed: Callable[[str], bool]) -> Any:
    """The Keras layer that runs nearest to the program, in the frames that are passed before it, or None."""
    layer_class = keras().layers.Layer
    found = None
    for frame in itertools.takewhile(lambda each: passed(each.f_code.co_filename), frames):
        holder = frame.f_locals.get("self")
        if isinstance(holder, layer_class) and type(holder).__module__.split(".")[0] in ("keras", "tf_keras"):
            found = holder
    return found


def may_hold_copies(value: Any) -> bool:
    """Whether it is of a kind that stands for variables."""
    return _is_distributed(value) or _wrapping_name(value) is not None


def copies_in(value: Any) -> tuple[Any, ...]:
    """The variables that one stands for, if it is none itself: the one that is read is the first.

    Keras 3 and mixed precision in Keras 2 wrap a variable; a distribution strategy has one for each device.
    """
    if _is_distributed(value):
        return tuple(value.values)
    held = _wrapping_name(value)
    inner = vars(value).get(held) if held is not None else None
    return (inner,) if is_variable(inner) else copies_in(inner) if inner is not None else ()


def _is_distributed(value: Any) -> bool:
    distributed = sys.modules.get("tensorflow.python.distribute.values")
    return distributed is not None and isinstance(value, distributed.DistributedVariable)


def _wrapping_name(value: Any) -> str | None:
    """The attribute under which a Keras class keeps the variable that it wraps."""
    return next((_WRAPPERS[each.__module__] for each in type(value).__mro__ if each.__module__ in _WRAPPERS), None)


def handle_of(source: Any) -> Any:
    """The resource tensor through which operations read a `tf.Variable`; a tensor they take as it is."""
    return source.handle if is_variable(source) else source


def captured_from(placeholder: Any, graph: Any) -> Any:
    """What stands outside `graph` for a tensor inside it: a function's graph reads variables through placeholders."""
    while True:
        captures = getattr(graph, "captures", None)
        outer = next((outside for outside, inside in captures or () if inside is placeholder), None)
        if outer is None:
            return placeholder
        placeholder, graph = outer, getattr(outer, "graph", None) if not is_eager(outer) else None


def never_runs(graph: Any) -> bool:
    """Whether it is a graph in which Keras tries a layer out, to learn its shapes."""
    while graph is not None:
        name = str(getattr(graph, "name", "")).rstrip("_0123456789")
        if name.endswith(("scratch_graph", "keras_graph")):
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def is_eager(tensor: Any) -> bool:
    """Whether it is a tensor with a value, not a symbol of some graph."""
    kind = private.find(private.EAGER_TENSOR)
    if kind is not None:
        return isinstance(tensor, kind)
    tf = tensorflow()
    return isinstance(tensor, tf.Tensor) and not tf.is_symbolic_tensor(tensor)


def keras() -> ModuleType:
    """The Keras that `tf.keras` means here. Asking for its version makes TensorFlow's lazy module load it."""
    module: ModuleType = tensorflow().keras
    return module


def keras_variable_class() -> Any:
    """What Keras 3 wraps variables in, if it is there."""
    variables = sys.modules.get("keras.src.backend.common.variables")
    return getattr(variables, "Variable", None) or getattr(variables, "KerasVariable", None)


def is_differentiable(value: Any) -> bool:
    """Whether it is an eager tensor of numbers that have derivatives."""
    return is_eager(value) and (value.dtype.is_floating or value.dtype.is_complex)


def local_gradients(
    operation: str,
    inputs: tuple[Any, ...],
    attributes: tuple[Any, ...],
    outputs: tuple[Any, ...],
    gradients: list[Any],
) -> list[Any] | None:
    """What one eager operation makes of the gradients of its outputs, for each of its inputs.

    None where its gradient function cannot be asked alone.
    """
    if private.lacking("local_gradients"):
        return None
    backprop = private.module_of("local_gradients")
    tf = tensorflow()
    filled = [
        tf.zeros_like(output) if gradient is None else gradient
        for output, gradient in zip(outputs, gradients, strict=True)
    ]
    try:
        found = backprop._gradient_function(
            operation, attributes, len(inputs), list(inputs), list(outputs), filled, (), ""
        )
    except Exception:  # noqa: BLE001 - some of these functions want more than an operation; no answer, no alarm
        return None
    return list(found) if isinstance(found, (list, tuple)) else [found]


_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


@private.hook
@contextmanager
def gradients_looked_up(observer: Callable[[str], None]) -> Iterator[None]:
    """Call `observer` with every operation that has no gradient registered, and let it have None for a gradient.

    A tape that comes to such an operation answers for no weight at all: it raises LookupError.
    """
    registry = private.module_of("gradients_looked_up").Registry
    definition = private.find("tensorflow.python.framework.op_def_registry:get")
    original = vars(registry)["lookup"]

    @functools.wraps(original)
    def lookup(self: Any, name: Any) -> Any:
        try:
            return original(self, name)
        except LookupError:
            operation = name.decode() if isinstance(name, bytes) else str(name)
            if self._name != "gradient" or operation in _CALLS or definition(operation) is None:
                raise  # a call of a function has the gradient of what is in the function
            observer(operation)
            return None

    with replaced(registry, {"lookup": lookup}):
        yield


@private.hook
@contextmanager
def replicas_run_eagerly(observer: Callable[[], None]) -> Iterator[None]:
    """Call `observer` whenever a strategy is about to run its replicas outside of any graph."""
    mirrored = private.module_of("replicas_run_eagerly")
    original = vars(mirrored)["_call_for_each_replica"]

    @functools.wraps(original)
    def called(*arguments: Any, **keywords: Any) -> Any:
        if tensorflow().executing_eagerly():
            observer()
        return original(*arguments, **keywords)

    with replaced(mirrored, {"_call_for_each_replica": called}):
        yield


def tape_is_paused() -> bool:
    """Whether recording is switched off right now (`stop_recording`, `init_scope`)."""
    record = private.find("tensorflow.python.eager.record:could_possibly_record")
    return record is not None and not record()
