"""The ways that an object holds as the program has made it: what its class computed, and what others gave it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gradlint.run import Kind, Phase
from gradlint.static.hosts import linear_bases
from gradlint.static.reading import parts_of
from gradlint.static.values import NO_ORIGINS, UNKNOWN, Class, Instance, Origin, Origins, Reference, Tensor, Value

MOST_HELD = 256
"""So many values are looked into for what an object holds."""


def origins_inside(value: Value, depth: int = 0) -> Origins:
    """The ways in a value and in what it holds."""
    if isinstance(value, Tensor):
        return value.origins
    inside = (origins_inside(part, depth + 1) for part in parts_of(value)) if depth < 6 else ()
    return NO_ORIGINS.union(*inside)


def holds_given(instance: Instance) -> bool:
    """Whether an object holds something plain that was computed from a weight which its own class did not make."""
    own = f"{instance.type.name}."
    return any(
        not origin.variable.created.function.startswith(own)
        for value in instance.attributes.values()
        for origin in origins_inside(value)
    )


def holds_assigned(instance: Instance) -> bool:
    """Whether the code that made an object computed something plain from a weight before any tape, and keeps it there.

    What its class computes is judged with the class.
    """
    return any(
        is_given(origin, instance.given) and not origin.unknown
        for name in instance.given
        for origin in origins_inside(instance.attributes.get(name, UNKNOWN))
    )


def holds_prepared(instance: Instance) -> bool:
    """Whether a method that the program called beside the constructor left what no tape recorded, and nothing else."""
    if not instance.prepared_by:
        return False
    held = NO_ORIGINS.union(*map(origins_inside, instance.attributes.values()))
    return not any(origin.tapes for origin in held) and any(is_prepared(origin, instance) for origin in held)


def objects_in(value: Value, seen: set[int] | None = None) -> Iterator[Instance]:
    """An object and those that it holds."""
    seen = set() if seen is None else seen
    if id(value) in seen or len(seen) > MOST_HELD or isinstance(value, (Tensor, Reference)):
        return
    seen.add(id(value))
    if isinstance(value, Instance):
        yield value
    for part in parts_of(value):
        yield from objects_in(part, seen)


def given_names(instance: Instance) -> frozenset[str]:
    """The attributes that the code which made an object, or one that it holds, has assigned before every tape."""
    return frozenset(name for one in objects_in(instance) for name in one.given)


def is_given(origin: Origin, names: Collection[str]) -> bool:
    """Whether an attribute of these names keeps a value that no tape has recorded."""
    return origin.phase is Phase.SCRIPT and not origin.tapes and is_kept_in(origin, names)


def is_prepared(origin: Origin, instance: Instance) -> bool:
    """Whether a method that the program called beside the constructor computed a value."""
    if origin.phase is not Phase.SCRIPT or not instance.prepared_by:
        return False
    owner, _, method = origin.read.function.rpartition(".")
    owners = {base.name for base in linear_bases(instance.type) if isinstance(base, Class)}
    return owner in owners and method in {getattr(node, "name", "") for node in instance.prepared_by}


def is_kept_in(origin: Origin, names: Collection[str]) -> bool:
    """Whether one of some attributes, or what one holds, keeps a value."""
    paths = (keeper.name for keeper in origin.kept if keeper.kind is Kind.ATTRIBUTE)
    return any(path.partition("[")[0].rpartition(".")[2] in names for path in paths)
