"""From the ways that the interpreter walked to the journeys of a `Run`."""

from __future__ import annotations

from collections.abc import Iterable

from gradlint.run import End, Journey, Kind, Listing, Phase, Role, Stop, Way, Weight
from gradlint.static.machine import Asked
from gradlint.static.values import Keeper, Origin, Origins, Place, Variable


def stop_at(place: Place, role: Role, kind: Kind = Kind.PLAIN, name: str = "") -> Stop:
    """A place of the source as a stop."""
    return Stop(role, "", place.span(), kind, place.module.text(place.node), place.function, name)


def _weight(variable: Variable, listing: Listing, holder: str = "") -> Weight:
    return Weight(
        label=variable.label or variable.name or "variable",
        name=variable.name,
        created=variable.created.span(),
        listing=listing,
        holder=holder,
        trainable=variable.trainable,
    )


def _way(origin: Origin, end: End, phase: Phase) -> Way:
    created = stop_at(origin.variable.created, Role.CREATED)
    read = stop_at(origin.read, Role.READ, origin.kind)
    stops = [created]
    if end is End.CUT and origin.cut is not None:
        cut = stop_at(origin.cut.place, Role.CUT, origin.cut.kind, origin.cut.name)
        if read.span != cut.span:
            stops.append(read)
        stops.append(cut)
    else:
        stops.append(read)
        if origin.operation is not None:
            stops.append(stop_at(origin.operation, Role.CUT))
    stops.extend(_kept(keeper) for keeper in origin.kept)
    if origin.used is not None:
        stops.append(stop_at(origin.used, Role.USED))
    return Way(tuple(stops), end, phase)


def _kept(keeper: Keeper) -> Stop:
    return stop_at(keeper.place, Role.KEPT, keeper.kind, keeper.name)


def _end_of(origin: Origin, tapes: frozenset[int]) -> End:
    if origin.unknown:
        return End.UNKNOWN
    if not origin.tapes & tapes:
        return End.FROZEN
    if origin.cut is not None:
        return End.CUT
    return End.UNKNOWN if origin.doubtful else End.REACHES


def _sorted_ways(ways: Iterable[Way]) -> tuple[Way, ...]:
    return tuple(
        sorted(ways, key=lambda way: (way.end.value, [(s.span, s.role.value, s.kind.value) for s in way.stops]))
    )


def journeys_of_object(
    owner: str,
    variables: list[Variable],
    origins: Origins,
    tapes: frozenset[int],
    first_tapes: frozenset[int],
    listed: frozenset[Variable] | None,
    sees_everything: bool,
) -> list[Journey]:
    """The journeys of the weights that an object made, to the result of its forward pass.

    `tapes` are the recordings of its second calls, `first_tapes` those of its first; `listed` what it lists.
    """
    journeys = []
    for variable in variables:
        ways = []
        for origin in origins:
            if origin.variable is variable:
                phase = Phase.FIRST_CALL if origin.tapes & first_tapes else origin.phase
                ways.append(_way(origin, _end_of(origin, tapes), phase))
        if not ways:
            end = End.UNUSED if sees_everything and not variable.escaped and not variable.assigned else End.UNKNOWN
            ways.append(Way((stop_at(variable.created, Role.CREATED),), end))
        weight = _weight(variable, _listing(variable, listed), f"`{owner}`")
        journeys.append(Journey(weight, _sorted_ways(ways), owner))
    return journeys


def _listing(variable: Variable, listed: frozenset[Variable] | None) -> Listing:
    if variable.registered:
        return Listing.LISTED
    if listed is None or variable.requested:
        return Listing.UNKNOWN
    if variable in listed:
        return Listing.LISTED
    if variable.assigned or variable.escaped or not variable.read:
        return Listing.UNKNOWN
    return Listing.UNLISTED


def journeys_of_request(asked: Asked) -> list[Journey]:
    """The journeys of the weights that a `tape.gradient` asked about, to its target."""
    journeys = []
    for variable in asked.variables:
        ways = []
        for origin in asked.target:
            if origin.variable is not variable:
                continue
            end = _end_of(origin, frozenset({asked.tape}))
            if end is End.FROZEN and origin.used is None:
                end = End.UNKNOWN
            ways.append(_way(origin, end, origin.phase))
        if ways:
            journeys.append(Journey(_weight(variable, Listing.UNKNOWN), _sorted_ways(ways), asked.place.function))
    return journeys
