"""Reading values: which weights a value carries, and what an operation makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TypeAlias

from gradlint.run import Kind, Phase
from gradlint.static.holding import weights_of
from gradlint.static.hooks import hooks_of
from gradlint.static.hosts import linear_bases
from gradlint.static.machine import DRAWN, EVERYTHING_UNKNOWN, Arguments, Machine, Trace
from gradlint.static.values import (
    NO_ORIGINS,
    UNKNOWN,
    Carrier,
    Class,
    Constant,
    Container,
    Cut,
    Flavour,
    Function,
    Instance,
    Keeper,
    LibraryObject,
    Managed,
    Method,
    Opaque,
    Origin,
    Origins,
    Partial,
    Place,
    Reference,
    Super,
    Tape,
    Tensor,
    Union,
    Value,
    Variable,
    doubted,
)

MOST_ORIGINS = 96
NO_TAPES: frozenset[int] = frozenset()


def read_reference(machine: Machine, reference: Reference, place: Place, kind: Kind = Kind.PLAIN) -> Origins:
    """The ways that start when a weight is turned into a plain value at `place`, now."""
    reference.variable.read = True
    handed = reference.handed[0] if reference.handed else None
    trace = next((one for one in machine.replayed if is_constant_in(one, reference.variable)), None)
    if trace is not None and reference.variable.trainable:
        doubtful = trace.doubtful or trace.called_at is not machine.called_at
        return frozenset(
            {
                Origin(
                    reference.variable,
                    NO_TAPES,
                    Phase.FIRST_CALL,
                    trace.place,
                    Kind.TRACED,
                    used=place,
                    unknown=doubtful,
                    part=reference.part,
                )
            }
        )
    origin = Origin(
        variable=reference.variable,
        tapes=machine.tapes,
        phase=machine.phase,
        read=handed or place,
        kind=kind,
        operation=place if handed else None,
        part=reference.part,
    )
    carried = reference.variable.carried
    before = reference.inherited | frozenset(origin for origin in carried if origin.tapes & machine.tapes)
    return before | {origin} if reference.variable.trainable else before


def is_constant_in(trace: Trace, variable: Variable) -> bool:
    """Whether a trace holds the first value of a weight."""
    return variable in trace.weights and variable not in trace.given


def origins_of(machine: Machine, value: Value, place: Place) -> Origins:
    """The ways that a value carries when an operation at `place` reads it."""
    found: Origins = NO_ORIGINS
    if isinstance(value, Tensor):
        found = value.origins
    elif isinstance(value, Reference):
        found = read_reference(machine, value, place)
    elif isinstance(value, Carrier) and value.tensor is not None:
        found = origins_of(machine, value.tensor, place)
    elif isinstance(value, Carrier):
        with machine.every_call():
            for _, member in value.members:
                found |= origins_of(machine, as_distribution(member), place)
    elif isinstance(value, Container):
        if id(value) not in machine.reading:
            with machine.walking(value):
                for element in list(value.values()):
                    element = use(machine, element, place) if machine.tapes else element
                    found |= origins_of(machine, element, place)
    elif isinstance(value, Function):
        found = _result_origins(machine, value, place)
    elif isinstance(value, Partial):
        for element in (*value.arguments, *(argument for _, argument in value.keywords)):
            found |= origins_of(machine, element, place)
    elif isinstance(value, Method):
        found = origins_of(machine, value.receiver, place)
    elif isinstance(value, Union):
        found = _origins_of_union(machine, value, place)
    elif isinstance(value, Instance) and (conversion := conversion_of(machine, value)) is not None:
        found = _origins_of_converted(machine, value, conversion, place)
    elif isinstance(value, Instance) and (hooks := hooks_of(value)):
        found = _origins_of_hooks(machine, value, hooks, place)
    elif isinstance(value, (Opaque, LibraryObject, Instance, Super)):
        found = unknown_origins(machine, value, place)
    return found if len(found) <= MOST_ORIGINS else _too_many(found)


def conversion_of(machine: Machine, value: Value) -> Value | None:
    """What the program has registered to make a tensor of an object, if it has."""
    if not machine.conversions or not isinstance(value, Instance):
        return None
    known = (machine.conversions.get(base) for base in linear_bases(value.type) if isinstance(base, Class))
    return next((one for one in known if one is not None), None)


def _origins_of_converted(machine: Machine, instance: Instance, conversion: Value, place: Place) -> Origins:
    """The ways through the tensor that is made of an object: what names the object reads the weights in it."""
    if id(instance) in machine.reading:
        return NO_ORIGINS
    with machine.walking(instance):
        tensor = machine.call(machine, conversion, Arguments((instance,)), place)
        found = origins_of(machine, tensor, place)
    held = {reference.variable for reference in weights_of(instance)}

    def is_read_now(origin: Origin) -> bool:
        plain = origin.cut is None and not origin.kept and origin.tapes == machine.tapes
        return plain and origin.variable in held and origin.phase is machine.phase

    return frozenset(replace(origin, read=place, operation=None) if is_read_now(origin) else origin for origin in found)


def as_distribution(value: Value) -> Value:
    """A value in which what a layer gives is the distribution itself, not what it would be converted to."""
    if isinstance(value, Carrier):
        return value if value.tensor is None else replace(value, tensor=None)
    if isinstance(value, Container) and any(isinstance(one, Carrier) for one in value.items.values()):
        return value.holding({key: as_distribution(one) for key, one in value.items.items()})
    if isinstance(value, Union):
        return Union(tuple(map(as_distribution, value.alternatives)))
    return value


def _origins_of_hooks(machine: Machine, instance: Instance, hooks: list[Function], place: Place) -> Origins:
    """The ways that TFP's own classes find in a distribution or bijector of the project: those that its hooks read."""
    found: Origins = NO_ORIGINS
    if id(instance) in machine.reading:
        return found
    with machine.walking(instance):
        for hook in hooks:
            found |= origins_of(machine, machine.call(machine, hook, EVERYTHING_UNKNOWN, place), place)
    reached = {origin.variable for origin in found}
    for reference in weights_of(instance):
        reference.variable.escaped |= reference.variable not in reached
    return found


def _too_many(origins: Origins) -> Origins:
    """Ways that are too many to be told apart: one for each weight, of which nothing is known."""
    one_each = {(origin.variable, origin.part): origin for origin in origins}
    return doubted(frozenset(one_each.values()))


def _result_origins(machine: Machine, function: Function, place: Place) -> Origins:
    """The ways that a function's result carries; one that leads back to itself adds nothing."""
    if id(function.node) in machine.reading:
        return NO_ORIGINS
    with machine.walking(function.node):
        return origins_of(machine, machine.call(machine, function, EVERYTHING_UNKNOWN, place), place)


State: TypeAlias = tuple[bool, bool, bool, bool]
"""What a union compares the ways of its alternatives by: unknown, doubtful, cut, alive under the present tapes."""


def _origins_of_union(machine: Machine, union: Union, place: Place) -> Origins:
    parts: list[Origins] = []
    doubtful = False
    for alternative in union.alternatives:
        if isinstance(alternative, Opaque) and not alternative.parts:
            doubtful |= not alternative.outside
        else:
            parts.append(origins_of(machine, alternative, place))
    everything: Origins = frozenset().union(*parts)
    if not everything:
        return everything
    uncertain = set()
    states: dict[object, set[State]] = {}
    for part in parts:
        mentioned: dict[object, set[State]] = {}
        for origin in part:
            mentioned.setdefault(origin.variable, set()).add(state_of(machine, origin))
        for variable, found in mentioned.items():
            known = states.setdefault(variable, found)
            if known != found and not all(map(_is_cut, known | found)):
                uncertain.add(variable)
    return frozenset(
        replace(origin, unknown=True) if doubtful or origin.variable in uncertain else origin for origin in everything
    )


def doubted_value(value: Value, only: frozenset[Variable] | None = None) -> Value:
    """The same value, but of the ways in it, or of those of some weights `only`, nothing is known any more."""
    if isinstance(value, Tensor):
        told = frozenset(o for o in value.origins if only is not None and o.variable not in only)
        return replace(value, origins=told | doubted(value.origins - told))
    if isinstance(value, Carrier):
        members = tuple((name, doubted_value(member, only)) for name, member in value.members)
        return replace(value, members=members)
    if isinstance(value, Container):
        return value.holding({key: doubted_value(element, only) for key, element in value.items.items()})
    if isinstance(value, Union):
        return Union(tuple(doubted_value(alternative, only) for alternative in value.alternatives))
    return value


def _is_cut(state: State) -> bool:
    unknown, doubtful, cut, _ = state
    return cut and not unknown and not doubtful


def state_of(machine: Machine, origin: Origin) -> State:
    """How a way stands."""
    return (
        origin.unknown,
        origin.doubtful,
        origin.cut is not None,
        origin.tapes == machine.tapes or bool(origin.tapes & machine.tapes),
    )


def unknown_origins(machine: Machine, value: Value, place: Place) -> Origins:
    """The ways through a value that code we cannot see may use as it likes: what is plain stays what it is."""
    return _unknown(machine, value, place, set())


def _unknown(machine: Machine, value: Value, place: Place, seen: set[int]) -> Origins:
    found: Origins = NO_ORIGINS
    if isinstance(value, Tensor):
        return value.origins
    if isinstance(value, Reference):
        value.variable.escaped = True
        return doubted(read_reference(machine, value, place))
    if isinstance(value, Function):
        with machine.doubting():
            return doubted(_result_origins(machine, value, place))
    if id(value) in seen:
        return found
    seen.add(id(value))
    machine.step()
    for part in parts_of(value):
        found |= _unknown(machine, part, place, seen)
    return found


def escape(value: Value, seen: set[int] | None = None) -> None:
    """Note that a value went where it is not seen any more: what becomes of the weights in it is not known."""
    seen = set() if seen is None else seen
    if isinstance(value, Tensor):
        for origin in value.origins:
            origin.variable.spread = True
    elif isinstance(value, Reference):
        value.variable.escaped = True
    elif id(value) not in seen and len(seen) < 64:
        seen.add(id(value))
        for part in parts_of(value):
            escape(part, seen)


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values that a value holds."""
    if isinstance(value, Carrier):
        return tuple(member for _, member in value.members)
    if isinstance(value, Container):
        return tuple(value.values())
    if isinstance(value, Instance):
        return tuple(value.attributes.values())
    if isinstance(value, Partial):
        return (value.function, *value.arguments, *(argument for _, argument in value.keywords))
    if isinstance(value, Managed):
        return (value.function, *value.arguments, *(argument for _, argument in value.keywords))
    if isinstance(value, (Method, Super)):
        return (value.receiver if isinstance(value, Method) else value.instance,)
    if isinstance(value, LibraryObject):
        return (*value.arguments, *value.weights)
    if isinstance(value, Union):
        return value.alternatives
    if isinstance(value, Opaque):
        return value.parts
    return ()


def operate(machine: Machine, place: Place, operands: tuple[Value, ...]) -> Tensor:
    """What a differentiable operation at `place` makes of its operands."""
    found: Origins = NO_ORIGINS
    with drawing_from(machine, operands) as symbolic:
        for operand in operands:
            found |= origins_of(machine, operand, place)
    if machine.phase is Phase.SCRIPT:
        found = frozenset(_recorded(machine, origin, place) for origin in found)
        if not symbolic and all(isinstance(operand, (Reference, Constant)) for operand in operands):
            found = frozenset(replace(origin, alone=True) if origin.read == place else origin for origin in found)
    return Tensor(_without_meant(machine, found), symbolic=symbolic)


def _without_meant(machine: Machine, origins: Origins) -> Origins:
    """The ways of an operation's result, without those that were stopped on purpose beside one that is alive."""
    stopped = {one for one in origins if one.cut is not None and one.cut.kind is Kind.STOP_GRADIENT}
    if not stopped:
        return origins
    alive = {one.variable for one in origins if _is_alive(machine, one)}
    return origins - {one for one in stopped if one.variable in alive}


def _is_alive(machine: Machine, origin: Origin) -> bool:
    known = origin.cut is None and not (origin.unknown or origin.doubtful)
    return known and not origin.tapes.isdisjoint(machine.tapes)


def stop_gradient(machine: Machine, place: Place, operands: tuple[Value, ...], name: str) -> Tensor:
    """What a stopped gradient leaves; what was cut before it, beside a way that was not, is meant."""
    found = operate(machine, place, operands)
    alive = {one.variable for one in found.origins if _is_alive(machine, one)}
    beside = frozenset(one for one in found.origins if one.cut is not None and one.variable in alive)
    cut = Cut(Kind.STOP_GRADIENT, name, place)
    return replace(found, origins=frozenset(_cut(origin, cut) for origin in found.origins - beside))


def _recorded(machine: Machine, origin: Origin, place: Place) -> Origin:
    """A way that goes on where its tape has stopped recording ends there."""
    seen = origin.tapes & machine.tapes or not origin.tapes.isdisjoint(machine.resets)
    if not origin.tapes or seen or origin.cut is not None or DRAWN in origin.tapes:
        return origin
    return replace(
        origin, tapes=NO_TAPES, phase=Phase.SCRIPT, read=place, operation=None, kind=Kind.OUTSIDE_TAPE, used=None
    )


@contextmanager
def drawing_from(machine: Machine, values: tuple[Value, ...]) -> Iterator[bool]:
    """Draw what is computed from any of a functional model's own values; tells whether one is among them."""
    symbolic = any(is_symbolic(value, set()) for value in values)
    with machine.drawing() if symbolic else nullcontext():
        yield symbolic


def is_symbolic(value: Value, seen: set[int]) -> bool:
    """Whether a value is, may be or was made from one of a functional model's own, or is a list of such."""
    if isinstance(value, Tensor):
        return value.symbolic
    if not isinstance(value, (Union, Opaque, Container, Carrier)) or id(value) in seen:
        return False
    seen.add(id(value))
    return any(is_symbolic(part, seen) for part in parts_of(value))


def operate_cutting(machine: Machine, place: Place, operands: tuple[Value, ...], kind: Kind, name: str) -> Tensor:
    """What an operation that no gradient passes makes of its operands: ways that are alive end here."""
    found = operate(machine, place, operands)
    return replace(found, origins=frozenset(_cut(origin, Cut(kind, name, place)) for origin in found.origins))


def _cut(origin: Origin, cut: Cut) -> Origin:
    return origin if origin.cut is not None else replace(origin, cut=cut)


def call_unknown(machine: Machine, place: Place, parts: tuple[Value, ...]) -> Value:
    """What code that we cannot see makes of what it was given."""
    holding: dict[int, Value] = {}
    machine.watched.extend((part.number, UNKNOWN) for part in parts if isinstance(part, Tape))
    for part in parts:
        for inner in part.parts if isinstance(part, Opaque) else (part,):
            if not _holds_nothing(inner, 0):
                holding[id(inner)] = inner
    if not holding:
        return UNKNOWN
    return Opaque(tuple(holding.values()))


def _holds_nothing(value: Value, depth: int) -> bool:
    if isinstance(value, (Reference, Function, Instance)) or depth > 6:
        return False
    if isinstance(value, Tensor):
        return not (value.origins or value.symbolic)
    return all(_holds_nothing(part, depth + 1) for part in parts_of(value))


def keep(machine: Machine, value: Value, keeper: Keeper) -> Value:
    """What a carrier keeps of an argument: references stay, but a Keras 3 weight is converted at once."""
    if isinstance(value, Reference):
        if value.flavour is Flavour.KERAS_3:
            found = read_reference(machine, value, keeper.place, Kind.WHOLE)
            return Tensor(frozenset(origin.keep(keeper) for origin in found))
        return replace(value, inherited=_keep_origins(machine, value.inherited, keeper))
    if isinstance(value, Tensor):
        return replace(value, origins=_keep_origins(machine, value.origins, keeper))
    if isinstance(value, Carrier):
        return replace(value, members=tuple((name, keep(machine, member, keeper)) for name, member in value.members))
    if isinstance(value, Container):
        return _kept_container(machine, value, lambda element: keep(machine, element, keeper))
    if isinstance(value, Union):
        return Union(tuple(keep(machine, alternative, keeper) for alternative in value.alternatives))
    return value


def freeze(machine: Machine, value: Value, keeper: Keeper, kind: Kind) -> Value:
    """What a carrier keeps that converts its argument at once."""
    if isinstance(value, Reference):
        return Tensor(frozenset(origin.keep(keeper) for origin in read_reference(machine, value, keeper.place, kind)))
    if isinstance(value, Carrier):
        return Tensor(frozenset(origin.keep(keeper) for origin in origins_of(machine, value, keeper.place)))
    if isinstance(value, Union):
        return Union(tuple(freeze(machine, alternative, keeper, kind) for alternative in value.alternatives))
    if isinstance(value, Container):
        return _kept_container(machine, value, lambda element: freeze(machine, element, keeper, kind))
    return keep(machine, value, keeper)


def _kept_container(machine: Machine, value: Container, kept: Callable[[Value], Value]) -> Container:
    if id(value) in machine.reading:
        return value
    with machine.walking(value):
        return value.holding({key: kept(element) for key, element in value.pairs()})


def _keep_origins(machine: Machine, origins: Origins, keeper: Keeper) -> Origins:
    return frozenset(origin.keep(keeper) if origin.tapes == machine.tapes else origin for origin in origins)


def store(machine: Machine, value: Value, keeper: Keeper) -> Value:
    """What an attribute keeps: everything, but from now on a weight is read by that attribute's name."""
    if isinstance(value, Reference):
        return replace(value, handed=()) if value.handed else value
    if isinstance(value, Tensor) and value.origins:
        return replace(value, origins=_keep_origins(machine, value.origins, keeper))
    if isinstance(value, Carrier):
        return replace(value, members=tuple((name, store(machine, member, keeper)) for name, member in value.members))
    if isinstance(value, Method) and isinstance(value.receiver, Carrier):
        return replace(value, receiver=store(machine, value.receiver, keeper))
    if isinstance(value, Partial):
        return replace(
            value,
            arguments=tuple(store(machine, argument, keeper) for argument in value.arguments),
            keywords=tuple((name, store(machine, argument, keeper)) for name, argument in value.keywords),
        )
    if isinstance(value, Container):
        if id(value) not in machine.reading:
            with machine.walking(value):
                for key, element in list(value.items.items()):
                    stored = store(machine, element, keeper)
                    if stored is not element:
                        machine.write(value.items, key, stored)
        return value.seen_by(()) if value.handed else value
    if isinstance(value, Union):
        return Union(tuple(store(machine, alternative, keeper) for alternative in value.alternatives))
    return value


def use(machine: Machine, value: Value, place: Place) -> Value:
    """The same value, with `place` noted as where the forward pass uses what is left of frozen weights."""
    if isinstance(value, Tensor):
        if not value.origins or not any(_to_be_noted(machine, origin) for origin in value.origins):
            return value
        noted = (replace(origin, used=place) if _to_be_noted(machine, origin) else origin for origin in value.origins)
        return replace(value, origins=frozenset(noted))
    if isinstance(value, Carrier):
        members = tuple((name, _use_inside(machine, member, place)) for name, member in value.members)
        same = all(new is old for (_, new), (_, old) in zip(members, value.members, strict=True))
        return value if same else replace(value, members=members)
    if isinstance(value, Union):
        return Union(tuple(use(machine, alternative, place) for alternative in value.alternatives))
    if isinstance(value, Method) and isinstance(value.receiver, Carrier):
        return replace(value, receiver=use(machine, value.receiver, place))
    if isinstance(value, Partial):
        return replace(
            value,
            arguments=tuple(use(machine, argument, place) for argument in value.arguments),
            keywords=tuple((name, use(machine, argument, place)) for name, argument in value.keywords),
        )
    return value


def _use_inside(machine: Machine, member: Value, place: Place) -> Value:
    if not isinstance(member, Container):
        return use(machine, member, place)
    noted = {key: use(machine, element, place) for key, element in member.items.items()}
    same = all(noted[key] is element for key, element in member.items.items())
    return member if same else member.holding(noted)


def _to_be_noted(machine: Machine, origin: Origin) -> bool:
    return origin.used is None and bool(machine.tapes) and not origin.tapes & machine.tapes
