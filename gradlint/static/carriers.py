"""Distributions, bijectors, kernels and their like: what they keep of what they are given, and what they compute."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.knowledge import among, carrier_entry
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import (
    call_unknown,
    freeze,
    keep,
    operate,
    operate_cutting,
)
from gradlint.static.values import (
    PLAIN,
    Carrier,
    Constant,
    Container,
    Function,
    Keeper,
    Partial,
    Place,
    Reference,
    Symbol,
    Tensor,
    Value,
)

STATISTICS = ("mean", "mode", "stddev", "variance", "entropy")
"""What the tape was asked about each distribution, by parameter."""


def make_carrier(machine: Machine, name: str, arguments: Arguments, place: Place) -> Carrier:
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


def call_carrier(machine: Machine, callee: Carrier, arguments: Arguments, place: Place) -> Value:
    """Calling a bijector or another carrier."""
    given = arguments.get(0)
    if callee.kind is Kind.BIJECTOR and isinstance(given, Tensor):
        return _apply_bijector(machine, callee, "forward", given, place)
    if isinstance(given, Carrier) and callee.kind is Kind.BIJECTOR:
        return Carrier(given.kind, given.name, (("bijector", callee), ("distribution", given)), place)
    return operate(machine, place, (callee, *arguments.everything))


def call_carrier_method(machine: Machine, receiver: Carrier, name: str, arguments: Arguments, place: Place) -> Value:
    """A method of a distribution, bijector or another carrier."""
    receiver = replace(receiver, tensor=None)
    if name == "copy":
        return _copied(machine, receiver, arguments, place)
    if name in ("with_name_scope", "_with_batch_shape"):
        return receiver
    if name == "experimental_default_event_space_bijector" or among("carrier_attributes", name):
        return PLAIN
    given = arguments.get(0)
    if receiver.kind is Kind.BIJECTOR and name in ("forward", "inverse") and isinstance(given, Tensor):
        return _apply_bijector(machine, receiver, name, given, place)
    same = None if arguments.everything else attributes.given_back(receiver, f"{name}()")
    if same is not None:
        return same
    operands = (receiver, *arguments.everything)
    entry = carrier_entry(receiver.name) or {}
    held = next((one for key, one in receiver.members if key == "distribution" and isinstance(one, Carrier)), None)
    if held is not None and among("wraps_distribution", receiver.name) and name in ("sample", *STATISTICS):
        others = tuple(one for _, one in receiver.members if one is not held)
        inner = call_carrier_method(machine, held, name, Arguments(), place)
        return operate(machine, place, (inner, *others))
    without = entry.get("no_gradient", {}).get(name)
    if without:
        weighable = frozenset((*entry.get("keeps", ()), *entry.get("freezes", ())))
        return _without_gradient(machine, receiver, name, frozenset(without), weighable, place)
    if name in ("prob", "log_prob") and given is not None and _sampled(given) == receiver.made:
        remembered = frozenset(entry.get("own_sample_without", ()))
        if remembered:
            return _density_of_own_sample(machine, receiver, given, remembered, place)
    if name == "experimental_sample_and_log_prob":
        sample = call_carrier_method(machine, receiver, "sample", arguments, place)
        return Container("tuple", {0: sample, 1: operate(machine, place, (receiver,))})
    if name == "sample" and not receiver.made.function and entry.get("reparameterized") is True:
        return replace(operate(machine, place, operands), sampled=receiver.made)
    if name == "sample" and entry.get("reparameterized") is False:
        return operate_cutting(machine, place, operands, Kind.SAMPLE, receiver.name)
    if name == "sample" and entry.get("reparameterized") == "partial":
        return _sample_in_part(machine, receiver, frozenset(entry.get("sample_gradient", ())), place)
    if name == "sample" and entry.get("reparameterized") is not True:
        return doubt_live(machine, operate(machine, place, operands))
    return operate(machine, place, operands)


def converted_by(machine: Machine, distribution: Carrier, conversion: Value, place: Place) -> Carrier:
    """A distribution that a layer gives, with what it becomes where an operation takes it for a tensor."""
    tensor: Value | None = None
    if isinstance(conversion, (Function, Partial)):
        tensor = machine.call(machine, conversion, Arguments((distribution,)), place)
    elif isinstance(conversion, Symbol) and conversion.name.startswith("tfp.distributions."):
        tensor = call_carrier_method(machine, distribution, conversion.name.rpartition(".")[2], Arguments(), place)
    elif conversion == Constant(None):
        tensor = call_carrier_method(machine, distribution, "sample", Arguments(), place)
    return replace(distribution, tensor=tensor)


def _copied(machine: Machine, receiver: Carrier, arguments: Arguments, place: Place) -> Value:
    """A copy with some parameters given anew."""
    if arguments.extra:
        return call_unknown(machine, place, (receiver, *arguments.everything))
    renewed = make_carrier(machine, receiver.name, arguments, place).members
    names = {name for name, _ in renewed}
    return replace(receiver, members=(*(one for one in receiver.members if one[0] not in names), *renewed))


def _apply_bijector(machine: Machine, bijector: Carrier, direction: str, given: Tensor, place: Place) -> Tensor:
    """A bijector answers from its cache where it has seen this very tensor and the earlier result is still held."""
    if given.constant is None or given.recorded:
        return operate(machine, place, (bijector, given))
    key = (bijector.made, direction, given.constant)
    if not machine.tapes:
        result = operate(machine, place, (bijector, given))
        machine.bijector_results[key] = result
        return result
    earlier = machine.bijector_results.get(key)
    if earlier is not None and any(value is earlier for value in place.module.scope.names.values()):
        return operate_cutting(machine, place, (bijector,), Kind.BIJECTOR_CACHE, bijector.name)
    return operate(machine, place, (bijector, given))


def _without_gradient(
    machine: Machine, receiver: Carrier, name: str, without: frozenset[str], weighable: frozenset[str], place: Place
) -> Tensor:
    """A statistic that some parameters do not enter, or that no gradient passes at all, as that of whole numbers."""
    lost = tuple(member for parameter, member in receiver.members if parameter in without)
    if weighable <= without:
        return operate_cutting(machine, place, (receiver,), Kind.NO_GRADIENT, f"{receiver.name}.{name}")
    for reference in attributes.weights_of(Container("list", dict(enumerate(lost)))):
        reference.variable.read = True
    return operate(machine, place, tuple(member for parameter, member in receiver.members if parameter not in without))


def _sampled(value: Value) -> Place | None:
    """Where the distribution was made whose sample a tensor is."""
    if isinstance(value, Reference):
        return value.variable.sampled
    return value.sampled if isinstance(value, Tensor) else None


def _density_of_own_sample(
    machine: Machine, receiver: Carrier, sample: Value, remembered: frozenset[str], place: Place
) -> Tensor:
    """The density of a sample whose making the distribution's bijector remembers; the sample itself is mere data."""
    lost: list[Value] = [sample] if "value" in remembered and isinstance(sample, Reference) else []
    live: list[Value] = []
    for parameter, member in receiver.members:
        if isinstance(member, Carrier):
            parted = _on_the_way_back(member)
            lost += parted[0]
            live += parted[1]
        else:
            (lost if parameter in remembered else live).append(member)
    cut = operate_cutting(machine, place, tuple(lost), Kind.BIJECTOR_CACHE, receiver.name)
    return Tensor(cut.origins | operate(machine, place, tuple(live)).origins)


def _on_the_way_back(bijector: Carrier) -> tuple[list[Value], list[Value]]:
    """What of a bijector does not enter the way back from an image that it remembers having made; and what does."""
    entry = carrier_entry(bijector.name) or {}
    lost: list[Value] = []
    live: list[Value] = []
    for parameter, member in bijector.members:
        for part in member.values() if isinstance(member, Container) and member.exact else (member,):
            if not isinstance(part, Carrier):
                (lost if parameter in entry.get("own_image_without", ()) else live).append(part)
            elif among("chains_bijectors", bijector.name):
                inner = _on_the_way_back(part)
                lost += inner[0]
                live += inner[1]
            else:
                live.append(part)
    return lost, live


def _sample_in_part(machine: Machine, receiver: Carrier, through: frozenset[str], place: Place) -> Tensor:
    """A sample whose gradient comes back through some parameters only."""
    if any(name == "reparameterize" and value != Constant(False) for name, value in receiver.members):
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
