"""Explains one gradient that a script asked for: a journey for each source that got none."""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from typing import Any

from gradlint.probe import causes, frames, report, tapes
from gradlint.probe import model as models
from gradlint.probe.backward import Forward
from gradlint.probe.causes import Evidence, Suspect
from gradlint.probe.frames import Moment
from gradlint.probe.measure import measured
from gradlint.probe.recorder import Origin, Read, Recorder
from gradlint.probe.report import ProbedVariable
from gradlint.probe.turns import Turns
from gradlint.probe.walk import Found, walk
from gradlint.run import End, Journey, Kind, Listing, Phase, Role, Stop, Way, Weight

_LAYER_CALLS = ("base_layer.py", "layers/layer.py", "engine/training.py")


@dataclass(frozen=True, eq=False)
class Told:
    """What a tape was told to watch, and after how many operations."""

    value: Any
    after: int


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
    if not suspect.variable.dtype.is_floating and not suspect.variable.dtype.is_complex:
        return replace(journey, ways=_ended(created, Kind.INTEGER))
    if not told and not tapes.watches_by_itself(asked.tape):
        here = frames.innermost(asked.moment)
        cut = (causes.stop_at(Role.CUT, here, Kind.UNWATCHED, "variable"),) if here is not None else ()
        return replace(journey, ways=(Way((*created, *cut), End.CUT),))
    if not told and not suspect.variable.trainable:
        return replace(journey, ways=_ended(created, Kind.NOT_TRAINABLE))
    outside = _outside_ways(suspect, created, forward, evidence)
    others = tuple(way for way in journey.ways if not (outside and way.phase is Phase.SCRIPT))
    if outside or others:
        return replace(journey, ways=(*others, *outside))
    left = causes.leaving_ways(suspect, evidence)
    if not left and any(suspect.is_read_by(read) for read in evidence.setup.reads):
        left = tuple(_cached_way(index, forward, created) for index in _cached_events(forward))
    return replace(journey, ways=left or (causes.unused_way(suspect, evidence),))


def _ended(created: tuple[Stop, ...], kind: Kind) -> tuple[Way, ...]:
    """The way of a weight that is at fault itself, told where it is made."""
    return (Way((*created, *(replace(stop, role=Role.CUT, kind=kind) for stop in created)), End.CUT),)


def _outside_ways(suspect: Suspect, created: tuple[Stop, ...], forward: Forward, evidence: Evidence) -> tuple[Way, ...]:
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
                ways.append(_left_behind(created, origin, read, forward) or _outside_way(created, read))
    for use in forward.uses:
        used = frames.innermost(use.event.moment)
        after = (causes.stop_at(Role.USED, used),) if used is not None else ()
        for read in use.origin.all_reads():
            if read.phase is Phase.SCRIPT and suspect.is_read_by(read) and _layer_call(read.moment) is not None:
                ways.append(_outside_way(created, read, after))
    return tuple(dict.fromkeys(ways))


def _left_behind(created: tuple[Stop, ...], origin: Origin, read: Read, forward: Forward) -> Way | None:
    """The way of a weight that the tape saw being read, through the first operation that it did not see."""
    seen = {event.moment for event in forward.events}
    if read.moment not in seen:
        return None
    node = origin
    while inner := next((p for p in node.parents if p.moment not in seen and read in p.all_reads()), None):
        node = inner
    place = frames.innermost(node.moment)
    stops = (causes.stop_at(Role.READ, place, Kind.OUTSIDE_TAPE),) if place is not None else ()
    return Way((*created, *stops), End.FROZEN, Phase.SCRIPT)


def _outside_way(created: tuple[Stop, ...], read: Read, after: tuple[Stop, ...] = ()) -> Way:
    users = frames.user_marks(read.moment)
    called = _layer_call(read.moment)
    users = [index for index in users if called is None or index > called] or users
    place = frames.place_of(read.moment[users[0]]) if users else None
    stops = (causes.stop_at(Role.READ, place, Kind.OUTSIDE_TAPE),) if place is not None else ()
    return Way((*created, *stops, *after), End.FROZEN, Phase.SCRIPT)


def _layer_call(moment: Moment) -> int | None:
    """Where the outermost Keras layer was being called, if one was."""
    found = [
        index
        for index, mark in enumerate(moment)
        if mark.code.co_name == "__call__" and mark.code.co_filename.replace("\\", "/").endswith(_LAYER_CALLS)
    ]
    return found[-1] if found else None


def _journey_of_tensor(
    asked: Asked, path: str, tensor: Any, gradient: str, forward: Forward, evidence: Evidence
) -> Journey:
    weight = Weight(path, path, None, Listing.UNKNOWN)
    if gradient != report.NONE:
        return Journey(weight, (Way((), End.REACHES),))
    here = frames.innermost(asked.moment)
    used = (causes.stop_at(Role.USED, here),) if here is not None else ()
    at_fault = _fault_of_tensor(asked, tensor, forward)
    if at_fault is not None:
        return Journey(weight, (Way(tuple(replace(stop, role=Role.CUT, kind=at_fault) for stop in used), End.CUT),))
    origin = evidence.setup.origin(tensor)
    place = frames.innermost(origin.moment) if origin is not None and forward.links.producer(tensor) is None else None
    if place is not None and asked.watching(tensor) is None:
        return Journey(weight, (Way((causes.stop_at(Role.CUT, place, Kind.REBOUND), *used), End.CUT),))
    starts = forward.using(tensor)
    ways = [causes.cut_way((), evidence, cut) for cut in forward.cuts_behind(starts)]
    if not starts:
        ways = [_cached_way(index, forward) for index in _cached_events(forward)]
    return Journey(weight, tuple(dict.fromkeys(way for way in ways if way.stops)) or (Way(used, End.UNUSED),))


def _fault_of_tensor(asked: Asked, tensor: Any, forward: Forward) -> Kind | None:
    """What keeps the gradient of a plain tensor away before any operation does."""
    if not tensor.dtype.is_floating and not tensor.dtype.is_complex:
        return Kind.INTEGER
    told, uses = asked.watching(tensor), forward.using(tensor)
    if told is not None:
        return Kind.UNWATCHED if uses and uses[-1] < told.after else None
    computed = forward.setup.origin(tensor) is not None or forward.links.producer(tensor) is not None
    return None if computed else Kind.UNWATCHED


def _cached_events(forward: Forward) -> list[int]:
    """The operations that take what a bijector answered from its cache, where the loss is computed from it."""
    answers = forward.recorder.cached
    return [index for index in sorted(forward.needed) if any(id(e) in answers for e in forward.events[index].inputs)]


def _cached_way(index: int, forward: Forward, created: tuple[Stop, ...] = ()) -> Way:
    place = frames.innermost(forward.events[index].moment)
    stops = (causes.stop_at(Role.CUT, place, Kind.BIJECTOR_CACHE),) if place is not None else ()
    return Way((*created, *stops), End.CUT)
