"""Explains one gradient that a script asked for: a journey for each source that got none."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.asking import model as models
from gradlint.probe.asking.measure import measured
from gradlint.probe.explaining import causes
from gradlint.probe.explaining.causes import Evidence, Suspect
from gradlint.probe.explaining.stops import outside_way, stop_at
from gradlint.probe.explaining.turns import Turns
from gradlint.probe.recording import frames, tapes
from gradlint.probe.recording.backward import Forward
from gradlint.probe.recording.frames import Moment
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.phases import layer_call
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.records import Origin, Read
from gradlint.probe.recording.walk import Found, walk
from gradlint.probe.report import ProbedVariable
from gradlint.run import End, Journey, Kind, Listing, Phase, Role, Stop, Way, Weight


@dataclass(frozen=True, eq=False)
class Told:
    """What a tape was told to watch, and after how many operations."""

    value: Any
    after: int
    moment: Moment


@dataclass(frozen=True, eq=False)
class Asked:
    """One gradient that the script asked a tape for."""

    tape: Any
    target: Any
    sources: tuple[Any, ...]
    gradients: tuple[Any, ...]
    moment: Moment
    names: dict[str, Any]
    """What the code that asked for it can name."""
    told: tuple[Told, ...]

    def watching(self, value: Any) -> Told | None:
        """When the tape was first told to watch something, if it was."""
        return next((each for each in self.told if each.value is value), None)


def answered(asked: Asked, setup: Recorder, recorder: Recorder) -> list[tuple[ProbedVariable, Journey | None]]:
    """Each source with what the tape said and, where it said none, its journey."""
    found = _found(asked.names)
    answers = [measured(each) for each in asked.gradients]
    wanted = any(each.gradient != report.OK for each in answers)
    forward = Forward(recorder, asked.target, setup) if wanted else None
    evidence = Evidence(setup, forward, found, Turns(forward) if forward is not None else None)
    rows: list[tuple[ProbedVariable, Journey | None]] = []
    for number, (source, answer) in enumerate(zip(asked.sources, answers, strict=True)):
        variable = models.inner_variable(source)
        known = found.get(id(source if variable is None else variable)) or found.get(id(source))
        name = str(getattr(source, "name", "") if variable is not None else "").split(":")[0]
        path = known.path if known is not None else name or f"sources[{number}]"
        shown = source if variable is None else variable
        row = ProbedVariable(
            path=path,
            name=name or path,
            shape=tuple(shown.shape.as_list()),
            dtype=str(shown.dtype.name),
            trainable=True,
            gradient=answer.gradient,
            norm=answer.norm,
        )
        if answer.gradient == report.OK or forward is None:
            rows.append((row, None))
        elif variable is None:
            rows.append((row, _journey_of_tensor(asked, path, source, answer.gradient, forward, evidence)))
        else:
            suspect = Suspect(path, name, variable, Listing.UNKNOWN, "", answer.gradient, source)
            rows.append((row, _journey_of_variable(asked, suspect, forward, evidence)))
    return rows


def _found(names: dict[str, Any]) -> dict[int, Found]:
    """Every object that the code can reach, by its id, under the name that the code would call it by."""
    root = types.SimpleNamespace(**names)
    return {key: replace(each, path=each.path.lstrip(".")) for key, each in walk(root, "").items()}


def _journey_of_variable(asked: Asked, suspect: Suspect, forward: Forward, evidence: Evidence) -> Journey:
    journey = causes.journey(suspect, evidence)
    created = causes.creation(suspect, evidence)
    if suspect.has_gradient:
        # Whether ways cancel by the chance of these values, another run would have to tell.
        turned = (way for way in causes.turned_ways(suspect, evidence) if not causes.is_cancelled(way))
        return replace(journey, ways=(*journey.ways, *turned))
    told = asked.watching(suspect.variable) is not None
    here = frames.innermost(asked.moment)
    if not suspect.variable.dtype.is_floating and not suspect.variable.dtype.is_complex:
        return replace(journey, ways=_ended(created, Kind.INTEGER))
    if not told and not tapes.watches_by_itself(asked.tape):
        return replace(journey, ways=causes.unwatched_ways(suspect, evidence, asked.moment))
    if not told and not suspect.variable.trainable:
        if suspect.handle in evidence.setup.layers and here is not None:  # `model.variables` lists it too
            way = Way((*created, stop_at(Role.CUT, here, Kind.NOT_TRAINABLE)), End.CUT)
            return replace(journey, weight=replace(journey.weight, of_layer=True), ways=(way,))
        return replace(journey, ways=_ended(created, Kind.NOT_TRAINABLE))
    forgotten = _forgotten_ways(forward.reading(suspect.handle), created, forward)
    if forgotten:
        return replace(journey, ways=forgotten)
    outside = _outside_ways(asked, suspect, created, forward, evidence)
    others = tuple(_as_recorded(way) for way in journey.ways if not (outside and way.phase is Phase.SCRIPT))
    if outside or others:
        return replace(journey, ways=(*others, *outside))
    left = causes.leaving_ways(suspect, evidence, decisions=False)
    if not left and any(suspect.is_read_by(read) for read in evidence.setup.reads):
        left = tuple(_cached_way(each, created) for each in _cached_answers(forward))
    return replace(journey, ways=left or (Way((*created, *_request(asked)), End.UNUSED),))


def _request(asked: Asked) -> tuple[Stop, ...]:
    """Where the gradient was asked for."""
    here = frames.innermost(asked.moment)
    return (stop_at(Role.USED, here, Kind.REQUEST),) if here is not None else ()


def _forgotten_ways(starts: Sequence[int], created: tuple[Stop, ...], forward: Forward) -> tuple[Way, ...]:
    """The way of what was read before its tape was reset, and not after it."""
    count, marks = forward.recorder.forgotten[-1] if forward.recorder.forgotten else (0, ())
    place = frames.innermost(marks)
    if place is None or not starts or starts[-1] >= count:
        return ()
    return (Way((*created, stop_at(Role.CUT, place, Kind.FORGOTTEN, "reset")), End.CUT),)


def _ended(created: tuple[Stop, ...], kind: Kind) -> tuple[Way, ...]:
    """The way of a weight that is at fault itself, told where it is made."""
    return (Way((*created, *(replace(stop, role=Role.CUT, kind=kind) for stop in created)), End.CUT),)


def _outside_ways(
    asked: Asked, suspect: Suspect, created: tuple[Stop, ...], forward: Forward, evidence: Evidence
) -> tuple[Way, ...]:
    """The ways of a weight through what was computed while the tape did not record.

    That is the target itself, or what a model gave that was called before.
    """
    ways = []
    for target in forward.losses:
        origin = evidence.setup.origin(target)
        if origin is None or forward.links.producer(target) is not None:
            continue
        for read in origin.all_reads():
            if suspect.is_read_by(read):
                ways.append(_left_behind(created, origin, read, forward) or outside_way(created, read.moment))
    for use in forward.uses:
        used = frames.innermost(use.event.moment)
        after = (stop_at(Role.USED, used),) if used is not None else ()
        for read in use.origin.all_reads():
            called = layer_call(read.moment) if read.phase is Phase.SCRIPT else None
            if use.origin.of_gradient:
                called = _shared(read.moment, asked.moment)
            if suspect.is_read_by(read) and called is not None:
                ways.append(outside_way(created, read.moment, after, called))
    return tuple(dict.fromkeys(ways))


def _as_recorded(way: Way) -> Way:
    """A way, told as one over another tape if nothing but a name holds what that recorded: it is no cache."""
    kept = [stop.name for stop in way.stops if stop.role is Role.KEPT]
    if way.end is not End.FROZEN or way.phase is not Phase.FIRST_CALL or not kept or not all(map(_is_name, kept)):
        return way
    stops = (replace(s, kind=Kind.OTHER_TAPE) if s.role is Role.READ else s for s in way.stops)
    return replace(way, stops=tuple(s for s in stops if s.role is not Role.KEPT), phase=Phase.FORWARD)


def _is_name(path: str) -> bool:
    """Whether a path is a name, or an element of a list that it names."""
    name, _, index = path.partition("[")
    return name.isidentifier() and (not index or index.rstrip("]").isdigit())


def _left_behind(created: tuple[Stop, ...], origin: Origin, read: Read, forward: Forward) -> Way | None:
    """The way of a weight through the first operation that the tape did not see, behind those that it saw."""
    seen = {event.moment for event in forward.events}
    node: Origin | None = origin
    while node is not None:
        inner = [each for each in node.parents if read in each.all_reads()]
        before: list[Origin | Read] = [*inner, *(each for each in node.reads if each is read)]
        if any(each.moment in seen for each in before):
            place = frames.innermost(node.moment)
            stops = (stop_at(Role.READ, place, Kind.OUTSIDE_TAPE),) if place is not None else ()
            return Way((*created, *stops), End.FROZEN, Phase.SCRIPT)
        node = next(iter(inner), None)
    return None


def _shared(moment: Moment, asking: Moment) -> int | None:
    """What lies inside the function that both did something and asked for a gradient, as seen from what it did."""
    codes = {mark.code for mark in asking}
    return next((index - 1 for index, mark in enumerate(moment) if mark.code in codes), None)


def _journey_of_tensor(
    asked: Asked, path: str, tensor: Any, gradient: str, forward: Forward, evidence: Evidence
) -> Journey:
    created = _creation_of_tensor(asked, tensor, forward)
    weight = Weight(path, path, created[0].span if created else None, Listing.UNKNOWN)
    if gradient != report.NONE:
        return Journey(weight, (Way((), End.REACHES),))
    request = _request(asked)
    told = asked.watching(tensor)
    at_fault = _fault_of_tensor(asked, tensor, forward)
    if at_fault is not None:
        here = created if told is not None and at_fault is Kind.INTEGER else request
        return Journey(weight, (Way(tuple(replace(stop, role=Role.CUT, kind=at_fault) for stop in here), End.CUT),))
    starts = forward.using(tensor)
    forgotten = _forgotten_ways(starts, created, forward)
    if forgotten:
        return Journey(weight, forgotten)
    origin = evidence.setup.origin(tensor)
    place = frames.innermost(origin.moment) if origin is not None and forward.links.producer(tensor) is None else None
    if place is not None and told is None:
        return Journey(weight, (Way((stop_at(Role.CUT, place, Kind.REBOUND), *request), End.CUT),))
    ways = [causes.cut_way((), evidence, cut) for cut in forward.cuts_behind(starts)]
    suspect = Suspect(path, path, tensor, Listing.UNKNOWN, "", gradient, tensor)
    if not any(way.stops for way in ways):
        ways = list(_outside_ways(asked, suspect, created, forward, evidence))
    if not ways:
        ways = [*causes.lost_ways(suspect, evidence, forward), *causes.leaving_ways(suspect, evidence, decisions=False)]
        ways = [_as_recorded(way) for way in ways]
    if not ways and not starts:
        ways = [_cached_way(each) for each in _cached_answers(forward)]
    found = tuple(dict.fromkeys(way for way in ways if way.stops))
    return Journey(weight, found or (Way((*created, *request), End.UNUSED),))


def _creation_of_tensor(asked: Asked, tensor: Any, forward: Forward) -> tuple[Stop, ...]:
    """Where the tape was told to watch a tensor, or where the program got it from."""
    told, producer = asked.watching(tensor), forward.links.producer(tensor)
    if told is not None:
        place, kind = frames.innermost(told.moment), Kind.WATCHED
    elif producer is not None:
        place, kind = frames.innermost(forward.events[producer].moment), Kind.ANSWER
    else:
        return ()
    return (stop_at(Role.CREATED, place, kind),) if place is not None else ()


def _fault_of_tensor(asked: Asked, tensor: Any, forward: Forward) -> Kind | None:
    """What keeps the gradient of a plain tensor away before any operation does."""
    if not tensor.dtype.is_floating and not tensor.dtype.is_complex:
        return Kind.INTEGER
    told, uses = asked.watching(tensor), forward.using(tensor)
    if told is not None:
        return Kind.UNWATCHED if uses and uses[-1] < told.after else None
    computed = forward.setup.origin(tensor) is not None or forward.links.producer(tensor) is not None
    return None if computed else Kind.UNWATCHED


def _cached_answers(forward: Forward) -> list[Moment]:
    """Where a bijector answered from its cache what the loss is computed from."""
    answers = forward.recorder.cached
    taken = (each for index in sorted(forward.needed) for each in forward.events[index].inputs)
    return list(dict.fromkeys(answers[key] for each in taken if (key := key_of(each)) in answers))


def _cached_way(answered: Moment, created: tuple[Stop, ...] = ()) -> Way:
    place = frames.innermost(answered)
    stops = (stop_at(Role.CUT, place, Kind.BIJECTOR_CACHE),) if place is not None else ()
    return Way((*created, *stops), End.CUT)
