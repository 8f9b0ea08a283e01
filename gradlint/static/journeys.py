"""From the ways that the interpreter walked to the journeys of a `Run`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gradlint.run import End, Journey, Kind, Listing, Phase, Role, Span, Stop, Way, Weight
from gradlint.static.listing import Lists
from gradlint.static.local import is_read_between, name_of
from gradlint.static.machine import DRAWN, Asked
from gradlint.static.values import UNKNOWN, Cut, Keeper, Origin, Origins, Place, Tensor, Value, Variable


def stop_at(place: Place, role: Role, kind: Kind = Kind.PLAIN, name: str = "") -> Stop:
    """A place of the source as a stop."""
    return Stop(role, "", place.span(), kind, place.module.text(place.node), place.function, name)


def _labels(variables: Sequence[Variable]) -> list[str]:
    """What to call weights of one owner: objects of one class call theirs alike, and the weights' own names differ."""
    labels = [variable.label or variable.name or "variable" for variable in variables]
    return [
        variable.name if variable.name and labels.count(label) > 1 else label
        for variable, label in zip(variables, labels, strict=True)
    ]


def _weight(variable: Variable, label: str, listing: Listing, holder: str = "") -> Weight:
    return Weight(
        label=label,
        name=variable.name,
        created=variable.created.span(),
        listing=listing,
        holder=holder,
        trainable=variable.trainable,
        of_layer=variable.lazy,
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
        return End.UNKNOWN if DRAWN in origin.tapes else End.FROZEN
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
    listed: Lists | None,
    sees_everything: bool,
) -> list[Journey]:
    """The journeys of the weights that an object made, to the result of its forward pass.

    `tapes` are the recordings of its second calls, `first_tapes` those of its first; `listed` what it lists.
    """
    journeys = []
    for variable, label in zip(variables, _labels(variables), strict=True):
        told = []
        for origin in origins:
            if origin.variable is variable:
                phase = Phase.FIRST_CALL if origin.tapes & first_tapes else origin.phase
                end = _end_of(origin, tapes)
                state = variable.follows or (variable.updated and not variable.registered)
                told.append((origin, _way(origin, End.UNKNOWN if state and end is End.CUT else end, phase)))
        known_listing = _listing(variable, listed)
        for part in _lost_parts(variable, told) if known_listing is not Listing.UNLISTED else ():
            one = replace(_weight(variable, f"{label}.{part}", known_listing), name=part, of_layer=False)
            journeys.append(Journey(one, _sorted_ways(way for origin, way in told if origin.part == part), owner))
            told = [(origin, way) for origin, way in told if origin.part != part]
        ways = _without_records(told)
        if variable.integer and variable.registered and variable.read and not (variable.assigned or variable.escaped):
            ways = [_ended(stop_at(variable.created, Role.CREATED), variable.created, Kind.INTEGER)]
        if not ways:
            unused = sees_everything and not (variable.escaped or variable.spread or variable.assigned)
            unused = unused and (variable.read or not variable.lazy)
            decided = [one for recorded, one in variable.decisions.items() if recorded & tapes]
            if unused and decided:
                ways.append(_way(decided[0], End.CUT, decided[0].phase))
            else:
                ways.append(Way((stop_at(variable.created, Role.CREATED),), End.UNUSED if unused else End.UNKNOWN))
        weight = _weight(variable, label, known_listing, f"`{owner}`")
        journeys.append(Journey(weight, _sorted_ways(ways), owner))
    return journeys


def _lost_parts(variable: Variable, told: list[tuple[Origin, Way]]) -> list[str]:
    """The weights of a stock layer that no way of their own brings a gradient to, while another of the layer has one.

    Where all of them are lost, or the layer itself may be used, they have one story.
    """
    if variable.regularizer is not None or all(_is_lost(way) for _, way in told):
        return []
    parts = sorted({origin.part for origin, _ in told if origin.part})
    return [part for part in parts if all(_is_lost(way) for origin, way in told if origin.part in ("", part))]


def _is_lost(way: Way) -> bool:
    return way.end in (End.FROZEN, End.CUT)


def _listing(variable: Variable, listed: Lists | None) -> Listing:
    if variable.registered if listed is None else listed.name(variable):
        return Listing.LISTED
    if listed is None or variable.requested:
        return Listing.UNKNOWN
    if variable.assigned or variable.escaped or not variable.read:
        return Listing.UNKNOWN
    return Listing.UNLISTED


def journeys_of_request(asked: Asked, watched: list[tuple[int, Value]], resets: dict[int, Place]) -> list[Journey]:
    """The journeys of the weights that a `tape.gradient` asked about, to its target.

    `resets` tells where recordings were forgotten.
    """
    journeys = []
    may_watch = any(tape == asked.tape and value == UNKNOWN for tape, value in watched)
    for variable, label in zip(asked.variables, _labels(asked.variables), strict=True):
        created = stop_at(variable.created, Role.CREATED)
        weight = _weight(variable, label, Listing.UNKNOWN)
        told = [(origin, _asked_way(origin, asked, resets)) for origin in asked.target if origin.variable is variable]
        ways = _without_records(told)
        if variable.integer:
            ways = [_ended(created, variable.created, Kind.INTEGER)]
        elif not asked.watches and not may_watch and not _is_watched(asked, variable, watched):
            ways = [_ended(created, asked.place, Kind.UNWATCHED, "variable")]
        elif not variable.trainable and not may_watch and not _is_watched(asked, variable, watched):
            ways = [_ended(created, asked.place if variable.state else variable.created, Kind.NOT_TRAINABLE)]
        elif not ways and not asked.opaque and not (variable.escaped or variable.spread):
            decided = [one for tapes, one in variable.decisions.items() if asked.tape in tapes]
            ways = [_way(decided[0], End.CUT, decided[0].phase)] if decided else [Way((created,), End.UNUSED)]
        journeys.append(Journey(weight, _sorted_ways(ways), asked.place.function))
    for tensor in asked.tensors:
        if may_watch or any(tape == asked.tape and value == tensor for tape, value in watched):
            continue
        journeys.extend(_journeys_of_tensor(asked, tensor))
    return [journey for journey in journeys if journey.ways]


def _is_watched(asked: Asked, variable: Variable, watched: list[tuple[int, Value]]) -> bool:
    told = (getattr(value, "variable", None) for tape, value in watched if tape == asked.tape)
    return variable.watched or any(one is variable for one in told)


def _asked_way(origin: Origin, asked: Asked, resets: dict[int, Place]) -> Way:
    end = _end_of(origin, frozenset({asked.tape}))
    forgotten = next((number for number in origin.tapes if number in resets), None)
    if end is End.FROZEN and forgotten is not None and not origin.kept:
        return _way(replace(origin, cut=Cut(Kind.FORGOTTEN, "reset", resets[forgotten])), End.CUT, Phase.FORWARD)
    if end is End.FROZEN and not origin.kept and origin.tapes - asked.around and origin.phase is Phase.FORWARD:
        return _way(replace(origin, kind=Kind.OTHER_TAPE), end, origin.phase)
    if end is End.FROZEN and origin.used is None and origin.kind is not Kind.OUTSIDE_TAPE:
        around = origin.tapes <= asked.around and not origin.kept
        if (origin.phase is Phase.SCRIPT and not origin.tapes) or (origin.tapes and around):
            return _way(replace(origin, kind=Kind.OUTSIDE_TAPE), end, origin.phase)
        if origin.kept and origin.tapes - asked.around:  # kept under an earlier tape
            return _way(origin, end, Phase.FIRST_CALL)
        if not _is_initial_value(origin):
            end = End.UNKNOWN
    return _way(origin, end, origin.phase)


def _is_initial_value(origin: Origin) -> bool:
    """Whether an object's constructor made another variable of the weight, and that is read instead."""
    return not origin.tapes and origin.copied


DETACHING = (Kind.LEAVES_TENSORFLOW, Kind.STOP_GRADIENT)


def _without_records(told: list[tuple[Origin, Way]]) -> list[Way]:
    """The ways of a weight; beside one under this tape, what was detached before it was kept was kept as a record.

    And what an earlier step cut came here through what that step assigned.
    """
    alive = any(way.end in (End.REACHES, End.CUT) for _, way in told)
    return [way for origin, way in told if not (alive and way.end is End.FROZEN and _is_record(origin))]


def _is_record(origin: Origin) -> bool:
    cut = origin.cut
    return cut is not None and (cut.kind in DETACHING or (origin.phase is Phase.FORWARD and not origin.kept))


def _ended(created: Stop, place: Place, kind: Kind, name: str = "") -> Way:
    """A way that ends at one place, for what the place is."""
    return Way((created, stop_at(place, Role.CUT, kind, name)), End.CUT)


def _journeys_of_tensor(asked: Asked, tensor: Tensor) -> list[Journey]:
    """A source that is a plain tensor: a variable's name bound anew, or a constant."""
    used = stop_at(asked.place, Role.USED)
    if tensor.answer is not None:
        return _journeys_of_answer(asked, tensor.answer)
    if tensor.constant is not None:
        created = stop_at(tensor.constant, Role.CREATED)
        weight = Weight(_source_text(asked.place) or created.text, "", created.span, Listing.UNKNOWN)
        return [Journey(weight, (Way((created, stop_at(asked.place, Role.CUT, Kind.UNWATCHED)), End.CUT),))]
    found = []
    for origin in tensor.origins:
        if origin.tapes or origin.unknown or origin.phase is not Phase.SCRIPT:
            continue
        if origin.kind is Kind.OUTSIDE_TAPE:
            continue
        created = stop_at(origin.variable.created, Role.CREATED)
        cut = stop_at(origin.read, Role.CUT, Kind.REBOUND)
        weight = _weight(origin.variable, _labels([origin.variable])[0], Listing.UNKNOWN)
        found.append(Journey(weight, (Way((created, cut, used), End.CUT),), asked.place.function))
    return found


def _journeys_of_answer(asked: Asked, made: Place) -> list[Journey]:
    """A source that a model gave, and that nothing reads before it is asked for: the target was made without it."""
    tree = asked.place.module.tree
    name = name_of(tree, made.node)
    if made.module is not asked.place.module or not name or is_read_between(tree, name, made.node, asked.place.node):
        return []
    created = stop_at(made, Role.CREATED, Kind.ANSWER)
    weight = Weight(name, "", created.span, Listing.UNKNOWN)
    return [Journey(weight, (Way((created,), End.UNUSED),), asked.place.function)]


def doubted_where_live(journeys: Iterable[Journey], of_requests: Iterable[Journey]) -> Iterator[Journey]:
    """The journeys through objects as they were set up, in doubt where the program computes the value anew.

    A request that a weight reaches by the very expression that setup froze shows that something runs it again, and
    two such requests show it for what a first call keeps.
    """
    live = Counter(
        (journey.weight.created, _read_at(way))
        for journey in of_requests
        for way in journey.ways
        if way.end is End.REACHES
    )
    for journey in journeys:
        ways = (
            replace(way, end=End.UNKNOWN)
            if way.end is End.FROZEN
            and live[journey.weight.created, _read_at(way)] > (1 if way.phase is Phase.FIRST_CALL else 0)
            else way
            for way in journey.ways
        )
        yield replace(journey, ways=tuple(ways))


def _read_at(way: Way) -> Span | None:
    read = way.first(Role.READ)
    return None if read is None else read.span


def _source_text(place: Place) -> str:
    """How the call that asks for a gradient writes its sources, where that is one argument of its own."""
    node = place.node
    if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[1], (ast.Name, ast.Attribute)):
        return place.module.text(node.args[1])
    return ""


def journeys_of_recreated(variables: list[Variable]) -> list[Journey]:
    """Weights that every call makes anew."""
    return [
        Journey(
            _weight(variable, label, Listing.UNKNOWN),
            (_ended(stop_at(variable.created, Role.CREATED), variable.made_for or variable.created, Kind.RECREATED),),
        )
        for variable, label in zip(variables, _labels(variables), strict=True)
    ]
