"""Distributions, bijectors, kernels and their like: what they keep of what they are given, and what they compute."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind
from gradlint.static.knowledge import among, carrier_entry
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import (
    freeze,
    keep,
    operate,
    operate_cutting,
)
from gradlint.static.values import (
    PLAIN,
    Carrier,
    Keeper,
    Place,
    Tensor,
    Value,
)


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
    if name in ("copy", "with_name_scope", "_with_batch_shape"):
        return receiver
    if name == "experimental_default_event_space_bijector" or among("carrier_attributes", name):
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
    if earlier is not None and any(value is earlier for value in place.module.scope.names.values()):
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
