"""Calling what the project defines: functions, methods, classes, instances, partials."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from gradlint.run import Dialect, Kind, Phase
from gradlint.static.binding import bind, taken_back
from gradlint.static.carriers import call_carrier
from gradlint.static.creating import inherit_weights, keep_wrapped
from gradlint.static.dispatching import call_dispatched
from gradlint.static.enums import member_by_value
from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.knowledge import carrier_kind
from gradlint.static.library import call_symbol
from gradlint.static.machine import DRAWN, EVERYTHING_UNKNOWN, Arguments, Machine, Signal
from gradlint.static.methods import call_method
from gradlint.static.objects import call_object, called_outside
from gradlint.static.preparing import note_call
from gradlint.static.reading import call_unknown, doubted_value, drawing_from, operate, origins_of, parts_of, store
from gradlint.static.records import fill_record, is_named_tuple, is_record, is_typed_dict, named_tuple
from gradlint.static.scopes import Frame, Scope
from gradlint.static.sizes import size_from
from gradlint.static.tracing import building, is_built_by_running, traced
from gradlint.static.values import (
    ARRAY,
    UNKNOWN,
    Anywhere,
    Carrier,
    Class,
    Constant,
    Container,
    Dispatched,
    Function,
    Instance,
    Keeper,
    LibraryObject,
    Managed,
    Method,
    Opaque,
    Origin,
    Partial,
    Place,
    Reference,
    Super,
    Symbol,
    Tensor,
    Union,
    Value,
    join,
)


def call(machine: Machine, callee: Value, arguments: Arguments, place: Place) -> Value:
    """What calling any value gives."""
    machine.step()
    if isinstance(callee, Function):
        layer = _built_by(machine, callee)
        if layer is not None:
            with machine.during(Phase.SETUP):
                result = call_function(machine, callee, arguments, place)
            # Keras 2 builds it once more, unless its own `build` is called, too.
            if machine.dialect is Dialect.KERAS_3 and BUILDING not in layer.attributes:
                machine.write(layer.attributes, "built", Constant(True))
            return result
        return call_function(machine, callee, arguments, place)
    if isinstance(callee, Symbol) and callee.name in OF_CLASSES:
        return OF_CLASSES[callee.name](machine, arguments, place)
    if isinstance(callee, Symbol):
        return call_symbol(machine, callee.name, arguments, place)
    if isinstance(callee, Method):
        return call_method(machine, callee.receiver, callee.name, arguments, place)
    if isinstance(callee, Class):
        return instantiate(machine, callee, arguments, place)
    if isinstance(callee, Instance):
        return call_instance(machine, callee, arguments, place)
    if isinstance(callee, Partial):
        merged = Arguments(
            (*callee.arguments, *arguments.positional),
            (
                *((name, value) for name, value in callee.keywords if name not in dict(arguments.keywords)),
                *arguments.keywords,
            ),
            arguments.extra,
            arguments.is_open,
        )
        return call(machine, callee.function, merged, place)
    if isinstance(callee, Dispatched):
        return call_dispatched(machine, callee, arguments, place)
    if isinstance(callee, LibraryObject):
        return call_object(machine, callee, arguments, place)
    if isinstance(callee, Carrier):
        return call_carrier(machine, callee, arguments, place)
    if isinstance(callee, Union):
        return _call_one_of(machine, callee, arguments, place)
    return size_from("call", callee, *arguments.everything) or call_unknown(
        machine, place, (callee, *arguments.everything)
    )


def _built_by(machine: Machine, method: Function) -> Instance | None:
    """The layer whose `build` a method is that is called by hand, before any tape records."""
    layer = method.receiver if method.name.endswith(".build") and not machine.tapes else None
    return layer if isinstance(layer, Instance) and host_of(layer.type) is Host.KERAS else None


def _call_one_of(machine: Machine, callee: Union, arguments: Arguments, place: Place) -> Value:
    """What calling one of several values gives: a weight that one of them makes may be one that no program has."""
    result: Value | None = None
    known = [alternative for alternative in callee.alternatives if not isinstance(alternative, Constant)]
    before = len(machine.variables)
    for alternative in known:
        value = call(machine, alternative, arguments, place)
        result = value if result is None else join(result, value)
    made = frozenset(machine.variables[before:])
    if result is None:
        return UNKNOWN
    if made and len(known) > 1 and all(isinstance(one, Function) for one in known):
        for variable in made:
            variable.escaped = True
        return doubted_value(result, made)
    return result


def call_function(machine: Machine, function: Function, arguments: Arguments, place: Place) -> Value:
    """Run a function's body, and hand back what it returns."""
    if function.cached:
        return _call_cached(machine, function, arguments, place)
    if function.traced is not None:
        with traced(machine, function, arguments):
            return call_function(machine, replace(function, traced=None), arguments, place)
    if function.manages:
        return Managed(replace(function, manages=False), arguments.positional, arguments.keywords)
    key = _key_of(machine, function, arguments)
    if key is None:
        return _run(machine, function, arguments, place, hand=True)
    known = machine.known_results.get(key)
    if known is None:
        known = _run(machine, function, arguments, place, hand=True)
        if isinstance(known, (Constant, Opaque, Symbol, Tensor)) and not parts_of(known):
            machine.known_results[key] = known
    return known


def _key_of(machine: Machine, function: Function, arguments: Arguments) -> object:
    """What tells calls apart that only compute, so that each is run once; None for any other."""
    if function.receiver is not None or function.owner is not None or function.scope is not function.module.scope:
        return None
    values = arguments.everything
    if not all(_is_plain(value) for value in values):
        return None
    if function.module.matters(function.node):
        return None
    shown = tuple(repr(value.value) if isinstance(value, Constant) else value for value in values)
    names = tuple(name for name, _ in arguments.keywords)
    return (id(function.node), shown, names, arguments.is_open, machine.tapes, machine.phase)


def _is_plain(value: Value) -> bool:
    """Whether equal values of the kind are one to a function that only computes."""
    if isinstance(value, Opaque):
        return value in (UNKNOWN, replace(ARRAY, dtype=value.dtype), replace(UNKNOWN, dtype=value.dtype))
    return isinstance(value, (Tensor, Constant, Symbol))


def _call_cached(machine: Machine, function: Function, arguments: Arguments, place: Place) -> Value:
    key = (function.node, id(function.receiver))
    if key not in machine.caches:
        value = _run(machine, replace(function, cached=False), arguments, place, hand=True)
        name = function.name.rpartition(".")[2]
        keeper = Keeper(Kind.ATTRIBUTE, f"{name}()", Place(function.module, function.node, function.name))
        machine.write(machine.caches, key, store(machine, value, keeper))
    return machine.caches[key]


def run_initializer(machine: Machine, initializer: Function, arguments: Arguments, place: Place) -> Value:
    """Run an `__init__` that is bound to its object; what reads an argument there reads it by its own name."""
    return _run(machine, initializer, arguments, place, hand=False)


def _run(machine: Machine, function: Function, arguments: Arguments, place: Place, hand: bool) -> Value:
    node = function.node
    seen = machine.calls_functions and machine.depth < machine.depth_limit and not _recurs(machine, function, arguments)
    is_left_open = function.owner is not None and is_abstract(node)
    machine.raised += is_left_open
    if not seen or is_left_open:
        return call_unknown(
            machine, place, (*arguments.everything, *(() if function.receiver is None else (function.receiver,)))
        )
    if machine.pressed and bears_on_no_weight(machine, function, arguments):
        return UNKNOWN
    note_call(machine, function, place)
    scope = Scope(parent=function.scope)
    frame = Frame(function.module, scope, function.name, function.owner, function.receiver, forks=machine.forks)
    if machine.resumed is not None and machine.resumed[0] is node:
        frame.resumed, machine.resumed = machine.resumed[1], None
    bind(function, arguments, scope, place if hand else None)
    machine.executed.add(node)
    machine.calling.append(function)
    machine.called_at_places.append(place)
    machine.runs += 1
    running, machine.running = machine.running, (*machine.running, machine.runs)
    machine.depth += 1
    doubts = isinstance(function.receiver, Instance) and function.receiver.doubtful
    machine.doubts += doubts
    try:
        if isinstance(node, ast.Lambda):
            result = machine.evaluate(machine, node.body, frame)
        else:
            signal = machine.execute(machine, node.body, frame)
            result = _result(machine, frame, signal)
    finally:
        machine.doubts -= doubts + frame.doubts
        machine.depth -= 1
        machine.running = running
        machine.calling.pop()
        machine.called_at_places.pop()
    return taken_back(machine, result, place) if hand else result


MOST_CLOSURES = 6
"""So many closures of one function may call each other, as those do that one decorator makes."""


def _recurs(machine: Machine, function: Function, arguments: Arguments) -> bool:
    """Whether a function is being run twice already, by itself or with others; oftener if it may go down a tree."""
    same = [one for one in machine.calling if one.node is function.node]
    most = MOST_CLOSURES if any(map(_is_counted_down, arguments.everything)) else 2
    return len(same) >= MOST_CLOSURES or sum(one.scope is function.scope for one in same) >= most


def _is_counted_down(value: Value) -> bool:
    """Whether a recursion may be over what is known to end: a container, or a number."""
    return (isinstance(value, Container) and value.exact) or (isinstance(value, Constant) and type(value.value) is int)


def is_abstract(node: ast.AST) -> bool:
    """Whether a method's body is left to its heirs."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or len(node.body) > 2:
        return False
    last = node.body[-1]
    if not all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body[:-1]):
        return False
    if isinstance(last, ast.Raise):
        return last.exc is not None and "NotImplementedError" in ast.dump(last.exc)
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...:
        return True
    decorators = {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in node.decorator_list}
    empty = isinstance(last, ast.Pass) or (isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant))
    return empty and not decorators.isdisjoint(("abstractmethod", "abstractproperty"))


def bears_on_no_weight(machine: Machine, function: Function, arguments: Arguments) -> bool:
    """Whether a call neither gets a weight nor can make one."""
    given = (*arguments.everything, *(() if function.receiver is None else (function.receiver,)))
    return not function.module.matters(function.node) and all(_is_weightless(value, 0) for value in given)


def _is_weightless(value: Value, depth: int) -> bool:
    if isinstance(value, Tensor):
        return not value.origins
    if isinstance(value, (Reference, Function)) or depth > 4:
        return False
    return all(_is_weightless(part, depth + 1) for part in parts_of(value))


def _result(machine: Machine, frame: Frame, signal: Signal | None) -> Value:
    frame.in_order = frame.in_order and not frame.exits
    machine.settle(frame)
    if frame.yielded:
        exact = frame.in_order and signal is not Signal.RAISE and not frame.returned
        elements: dict[object, Value] = {
            number if exact else Anywhere(number): value for number, value in enumerate(frame.yielded)
        }
        return Container("list", elements, begun=machine.tapes)
    result: Value | None = None
    for value in frame.returned:
        result = value if result is None else join(result, value)
    if result is None and signal is Signal.RAISE:
        machine.raised += 1
        return UNKNOWN
    if result is None:
        return Constant(None)
    return result if signal is not None else join(result, Constant(None))


def instantiate(machine: Machine, type_: Class, arguments: Arguments, place: Place) -> Value:
    """What calling a class of the project gives: its metaclass may say what that is."""
    own = lookup(type_.metaclass, "__call__") if isinstance(type_.metaclass, Class) else None
    if isinstance(own, Function) and machine.calls_functions:
        return call_function(machine, replace(own, receiver=type_), arguments, place)
    return _make(machine, type_, arguments, place)


def _make(machine: Machine, type_: Class, arguments: Arguments, place: Place) -> Value:
    """An object of a class of the project, after its `__new__` and `__init__`."""
    host = host_of(type_)
    if host is Host.FOREIGN and arguments.positional:
        member = member_by_value(type_, arguments.positional[0])
        if member is not None:
            return member
    maker, initializer = lookup(type_, "__new__"), lookup(type_, "__init__")
    if is_named_tuple(type_) and maker is None:
        return named_tuple(machine, type_, arguments)
    if is_typed_dict(type_):
        return machine.call(machine, Symbol("builtins.dict"), arguments, place)
    if host is Host.FOREIGN or (not machine.calls_functions and (maker or initializer)):
        return call_unknown(machine, place, arguments.everything)
    outermost = machine.making or ((machine.tapes, place) if machine.tapes else None)
    noted = machine.phase is Phase.SCRIPT and not machine.tapes and len(machine.instances) < 32
    with machine.during(machine.phase if machine.tapes else Phase.SETUP), _making(machine, outermost):
        instance: Value = _new(machine, type_)
        if isinstance(maker, Function):
            instance = _run(machine, replace(maker, receiver=type_), arguments, place, hand=False)
        if not isinstance(instance, Instance) or type_ not in linear_bases(instance.type):
            return instance
        if noted and not any(one is instance for one, _ in machine.instances):
            instance.made_in = frozenset(machine.running)
            machine.instances.append((instance, arguments))
        executed, machine.executed = machine.executed, set()
        try:
            _construct(machine, instance, arguments, place)
        finally:
            instance.set_up_by = machine.executed
            machine.executed = executed | machine.executed
    return instance


@contextmanager
def _making(machine: Machine, outermost: tuple[frozenset[int], Place] | None) -> Iterator[None]:
    """Make an object, or build it, where the outermost of those is made that are made under tapes."""
    before, machine.making = machine.making, outermost
    try:
        yield
    finally:
        machine.making = before


def _construct(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> None:
    """Run the constructor of a new object, its own or what it has from its base."""
    type_, host = instance.type, host_of(instance.type)
    initializer = lookup(type_, "__init__")
    if isinstance(initializer, Function) and host is Host.CARRIER:
        _run(machine, replace(initializer, receiver=instance), arguments, place, hand=True)
        _keep_converted(machine, instance, place)
    elif isinstance(initializer, Function):
        run_initializer(machine, replace(initializer, receiver=instance), arguments, place)
    elif is_record(type_):
        fill_record(machine, instance, arguments)
    elif host is Host.CARRIER and arguments.everything:
        machine.write(instance.attributes, "(arguments)", Opaque(arguments.everything))
    elif host is Host.KERAS:
        keep_wrapped(machine, instance, arguments)


def _keep_converted(machine: Machine, instance: Instance, place: Place) -> None:
    """What a distribution or bijector of the project's own made of its arguments is kept as by one of TFP's."""
    bases = (base.name for base in linear_bases(instance.type) if isinstance(base, Symbol))
    kind = next(filter(None, map(carrier_kind, bases)), None)
    if kind is None:
        return
    keeper = Keeper(kind, instance.type.name, place)
    for name, value in list(instance.attributes.items()):
        if isinstance(value, Tensor) and any(origin.read == place for origin in value.origins):
            kept = frozenset(_frozen_by(one, keeper) if one.read == place else one for one in value.origins)
            machine.write(instance.attributes, name, replace(value, origins=kept))


def _frozen_by(origin: Origin, keeper: Keeper) -> Origin:
    return replace(origin, kind=Kind.FREEZING_CONSTRUCTOR).keep(keeper)


def _new(machine: Machine, type_: Class) -> Instance:
    return Instance(type_, doubtful=bool(machine.doubts and machine.tapes), recorded=machine.making)


def _new_of(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`object.__new__(cls)`."""
    type_ = arguments.get(0)
    return _new(machine, type_) if isinstance(type_, Class) else call_unknown(machine, place, arguments.everything)


def _make_of(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`type.__call__(cls, …)`: what calling a class gives, whatever its metaclass says."""
    type_ = arguments.get(0)
    if not isinstance(type_, Class):
        return call_unknown(machine, place, arguments.everything)
    return _make(machine, type_, replace(arguments, positional=arguments.positional[1:]), place)


def _class_of(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`type.__new__(mcs, name, bases, namespace)`: the class that is being defined."""
    return machine.defining[-1] if machine.defining else UNKNOWN


OF_CLASSES: dict[str, Callable[[Machine, Arguments, Place], Value]] = {
    "builtins.object.__new__": _new_of,
    "builtins.type.__call__": _make_of,
    "builtins.type.__new__": _class_of,
}


def call_instance(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    """`instance(…)`: `__call__`, or what Keras does between it and `call`."""
    with drawing_from(machine, arguments.everything) as symbolic:
        result = _call_instance(machine, instance, arguments, place)
        return _as_drawn(machine, result, place) if symbolic and host_of(instance.type) is Host.KERAS else result


def _as_drawn(machine: Machine, result: Value, place: Place) -> Value:
    """What a layer gives a functional model is symbolic, whether or not it was computed from the model's inputs."""
    if isinstance(result, Container):
        return Container(result.type, {key: _as_drawn(machine, one, place) for key, one in result.items.items()})
    if isinstance(result, Reference):
        result = operate(machine, place, (result,))
    return replace(result, symbolic=True) if isinstance(result, Tensor) else result


def _call_instance(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    own = lookup(instance.type, "__call__")
    if isinstance(own, Function):
        result = call_function(machine, replace(own, receiver=instance), arguments, place)
        return called_outside(machine, result, place) if host_of(instance.type) is Host.MODULE else result
    if host_of(instance.type) is Host.CARRIER:
        return _call_own_carrier(machine, instance, arguments, place)
    method = lookup(instance.type, "call")
    if not isinstance(method, Function) or host_of(instance.type) in (Host.PLAIN, Host.MODULE):
        return call_unknown(machine, place, (instance, *arguments.everything))
    runs = DRAWN in machine.tapes or is_built_by_running(instance)
    with building(machine, build(machine, instance, place) and runs, place):
        result = call_function(machine, replace(method, receiver=instance), arguments, place)
    add_deferred_losses(machine, instance, place)
    return called_outside(machine, result, place)


def _call_own_carrier(machine: Machine, instance: Instance, arguments: Arguments, place: Place) -> Value:
    """Calling a bijector of the project: on a distribution, or on a tensor."""
    given = arguments.get(0)
    forward = lookup(instance.type, "_forward")
    if not isinstance(forward, Function) or len(arguments.everything) != 1:
        return call_unknown(machine, place, (instance, *arguments.everything))
    if isinstance(given, Carrier):
        return Carrier(given.kind, given.name, (("bijector", instance), ("distribution", given)), place)
    if isinstance(given, Instance):
        return call_unknown(machine, place, (instance, given))
    return call_function(machine, replace(forward, receiver=instance), arguments, place)


def build(machine: Machine, instance: Instance, place: Place) -> bool:
    """Keras builds a layer once, at its first call, with no tape recording. Tells whether this was it."""
    if instance.attributes.get("built") == Constant(True) or BUILDING in instance.attributes:
        return False
    machine.write(instance.attributes, BUILDING, Constant(True))
    method = lookup(instance.type, "build")
    with machine.during(Phase.SETUP, frozenset()), _making(machine, instance.recorded):
        if isinstance(method, Function):
            call_function(machine, replace(method, receiver=instance), EVERYTHING_UNKNOWN, place)
        else:
            inherit_weights(machine, instance)
    machine.write(instance.attributes, "built", Constant(True))
    machine.erase(instance.attributes, BUILDING)
    return True


BUILDING = "(building)"
"""The attribute that marks an object while Keras builds it."""


def add_deferred_losses(machine: Machine, instance: Instance, place: Place) -> None:
    """Losses given as functions are computed by each call."""
    pending = instance.attributes.get("(losses)")
    if isinstance(pending, Container) and machine.dialect is Dialect.KERAS_2:
        for function in list(pending.values()):
            machine.losses.append(origins_of(machine, function, place))


__all__ = ["Super", "build", "call", "call_function", "call_instance", "instantiate"]
