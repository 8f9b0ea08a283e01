"""Picks the cause of each missing gradient, as journeys for the rules to judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.explaining.stops import outside_way, stop_at
from gradlint.probe.explaining.turns import Turn, Turns
from gradlint.probe.recording import frames, hooks
from gradlint.probe.recording.backward import Cut, Forward, Use, is_bookkeeping, kind_of_operation
from gradlint.probe.recording.frames import Moment, Place
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.phases import outside_of_branch, outside_of_setup
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.records import Event, Leaving, Origin, Read, is_told
from gradlint.probe.recording.walk import Found, kind_of
from gradlint.run import End, Journey, Kind, Listing, Phase, Role, Span, Stop, Way, Weight


@dataclass(frozen=True)
class Suspect:
    """A variable whose gradient wants explaining."""

    path: str
    name: str
    variable: Any
    listing: Listing
    holder: str
    gradient: str
    """What the tape said: one of the report's words."""
    shown: Any
    """What the model lists: the variable itself, or the Keras 3 variable around it, which TFP does not keep whole."""

    @property
    def has_gradient(self) -> bool:
        """Whether the tape gave one, of whatever numbers."""
        return self.gradient != report.NONE

    @property
    def handle(self) -> int:
        """What an operation reads it by."""
        return key_of(hooks.handle_of(self.variable))

    @property
    def wrapped(self) -> bool:
        """Whether a Keras 3 variable stands around it."""
        return self.shown is not self.variable

    def is_read_by(self, read: Read) -> bool:
        """Whether a read was of this variable, or of the Keras 3 variable before there was a value in it."""
        return read.handle in (self.handle, key_of(self.shown))


@dataclass(frozen=True)
class Evidence:
    """Everything that was seen of one model."""

    setup: Recorder
    forward: Forward | None
    found: dict[int, Found]
    turns: Turns | None = None


def journey(suspect: Suspect, evidence: Evidence) -> Journey:
    """The journey of one weight, as far as it was seen. It has no ways where nothing was seen at all."""
    ways: list[Way] = []
    if evidence.forward is not None:
        reaches = evidence.forward.reaches(suspect.variable)
        if not reaches and suspect.gradient in (report.NONE, report.ZERO):
            # In a loop that is a graph, what is cut has zeros; step by step it has none.
            ways = lost_ways(suspect, evidence, evidence.forward)
        else:
            ways = _earlier_ways(suspect, evidence, evidence.forward)
            ways = ways or _carried_ways(suspect, evidence, evidence.forward)
        if suspect.has_gradient and (reaches or suspect.gradient != report.ZERO):
            ways.append(Way(creation(suspect, evidence), End.REACHES))
    if not ways and not suspect.has_gradient:
        ways.extend(_lost_loss(suspect, evidence))
    return Journey(_weight(suspect, evidence), _outermost(ways))


def _outermost(ways: Sequence[Way]) -> tuple[Way, ...]:
    """The ways without those that an expression inside another one's begins: `w - tf.reduce_mean(w)` is one story."""
    told = tuple(dict.fromkeys(ways))
    return tuple(way for way in told if not any(_begins_inside(way, other) for other in told))


def _begins_inside(way: Way, other: Way) -> bool:
    inner, outer = way.first(Role.READ), other.first(Role.READ)
    if inner is None or outer is None or inner.kind is not outer.kind or inner.span == outer.span:
        return False
    alike = (way.end, way.phase, _ending(way)) == (other.end, other.phase, _ending(other))
    return alike and way.end is End.FROZEN and _covers(outer.span, inner.span)


def _ending(way: Way) -> tuple[Stop, ...]:
    return tuple(stop for stop in way.stops if stop.role in (Role.KEPT, Role.USED))


def _covers(outer: Span, inner: Span) -> bool:
    starts = (outer.row, outer.column) <= (inner.row, inner.column)
    return (
        outer.filename == inner.filename
        and starts
        and (inner.end_row, inner.end_column)
        <= (
            outer.end_row,
            outer.end_column,
        )
    )


def lost_ways(suspect: Suspect, evidence: Evidence, forward: Forward) -> list[Way]:
    """The ways of a weight that end before the loss, whether or not it has others."""
    ways = _returned_ways(suspect, evidence)
    if ways:
        return ways  # no tape watches a variable that is read through what `assign` returned
    ways = _earlier_ways(suspect, evidence, forward)
    ways.extend(_cut_ways(suspect, evidence, forward.cuts(suspect.handle)))
    return ways or _carried_ways(suspect, evidence, forward)


def leaving_ways(suspect: Suspect, evidence: Evidence, *, decisions: bool = True) -> tuple[Way, ...]:
    """The ways on which the weight's value left TensorFlow, where that is the only thing that was seen of it.

    Without `decisions`, what was only asked before the forward pass whether it is true does not count.
    """
    later = evidence.forward.recorder.leavings if evidence.forward is not None else []
    again = {frames.user_frames(each.moment) for each in later}
    once = [
        each
        for each in evidence.setup.leavings
        if (each.phase is not Phase.FIRST_CALL or frames.user_frames(each.moment) not in again)
        and (decisions or not isinstance(each.value, bool))
    ]
    left = [
        each
        for each in (*once, *later)
        if is_told(each.moment) and any(suspect.is_read_by(read) for read in each.origin.all_reads())
    ]
    return _outermost([_left_way(suspect, evidence, each) for each in left])


def stale_ways(suspect: Suspect, evidence: Evidence, forward: Forward) -> tuple[Way, ...]:
    """The ways through functions under `tf.function`, which have no gradient and would have one step by step.

    Each runs a trace again that was made before the weight had a value of its own.
    """
    ways = []
    for index in forward.reading(suspect.handle):
        moment = forward.events[index].moment
        place, used = frames.traced_at(moment), frames.innermost(moment)
        if place is not None and used is not None:
            stops = (stop_at(Role.READ, place, Kind.TRACED), stop_at(Role.USED, used))
            ways.append(Way((*creation(suspect, evidence), *stops), End.FROZEN, Phase.FIRST_CALL))
    return tuple(dict.fromkeys(ways))


def unused_way(suspect: Suspect, evidence: Evidence) -> Way:
    """The way of a weight that the loss does not depend on."""
    return Way(creation(suspect, evidence), End.UNUSED)


def turned_ways(suspect: Suspect, evidence: Evidence) -> tuple[Way, ...]:
    """The ways on which a gradient came back as zeros, or as numbers that are not finite."""
    if evidence.turns is None or suspect.gradient not in (report.ZERO, report.NONFINITE):
        return ()
    asked = evidence.turns.into_zeros if suspect.gradient == report.ZERO else evidence.turns.into_not_finite
    ways = (_turned_way(suspect, evidence, turn) for turn in asked(suspect.variable))
    return tuple(way for way in ways if way is not None)


def unwatched_ways(suspect: Suspect, evidence: Evidence, asking: Moment) -> tuple[Way, ...]:
    """The way of a weight that a tape was asked about and was not told to watch, though it watches none by itself."""
    place = frames.innermost(asking)
    cut = (stop_at(Role.CUT, place, Kind.UNWATCHED, "variable"),) if place is not None else ()
    return (Way((*creation(suspect, evidence), *cut), End.CUT),)


def not_run_ways(suspect: Suspect, evidence: Evidence) -> tuple[Way, ...]:
    """The ways of a weight over branches and loops of a graph that this pass did not run, at the lines that have them.

    A graph has zeros for what they read; step by step they read nothing at all.
    """
    if evidence.forward is None or evidence.forward.is_read(suspect.handle):
        return ()
    ways = []
    for read in filter(suspect.is_read_by, evidence.setup.reads):
        index = outside_of_branch(read.moment)
        if index is None:
            continue
        place, reads = frames.place_of(read.moment[index]), _plain_reads(read)
        stops = tuple(stop for stop in reads if stop.span != place.span)
        ways.append(Way((*creation(suspect, evidence), *stops, stop_at(Role.CUT, place, Kind.NOT_RUN)), End.CUT))
    return tuple(dict.fromkeys(ways))


def is_cancelled(way: Way) -> bool:
    """Whether a gradient of zeros is what several ways add up to."""
    cut = way.first(Role.CUT)
    return cut is not None and cut.kind is Kind.CANCELLED


def _turned_way(suspect: Suspect, evidence: Evidence, turn: Turn) -> Way | None:
    place = _place_of(turn.event, evidence)
    if place is None:
        return None
    stops = list(creation(suspect, evidence))
    start = frames.innermost(turn.start.moment)
    if start is not None and start.span != place.span:
        stops.append(stop_at(Role.READ, start))
    stops.append(stop_at(Role.CUT, place, turn.kind, turn.event.operation))
    dropped = frames.innermost(turn.dropped.moment) if turn.dropped is not None else None
    stops.extend(_callers(turn.event.moment) if dropped is None else (stop_at(Role.USED, dropped, Kind.NOT_CHOSEN),))
    return Way(tuple(stops), End.CUT)


def overwritten_way(suspect: Suspect, evidence: Evidence) -> Way | None:
    """The way of a weight whose attribute the first call overwrote with a tensor, so that no later call reads it."""
    overwriting = evidence.setup.overwriting(suspect.variable)
    if overwriting is None or overwriting.phase is not Phase.FIRST_CALL or suspect.has_gradient:
        return None
    if evidence.forward is not None and evidence.forward.is_read(suspect.handle):
        return None
    users = frames.user_marks(overwriting.moment)
    read = next(filter(suspect.is_read_by, overwriting.origin.nearest_reads()), None)
    if read is None or not users:
        return None
    place = frames.statement_of(overwriting.moment[users[0]])
    reads = _read_stops(suspect, read)
    if not any(_covers(place.span, each.span) for each in reads):
        reads = (stop_at(Role.READ, place),)
    kept = stop_at(Role.KEPT, place, Kind.OVERWRITTEN, suspect.path)
    return Way((*creation(suspect, evidence), *reads, kept), End.FROZEN, Phase.FIRST_CALL)


def replicas_way(suspect: Suspect, evidence: Evidence, replicas: Moment) -> Way | None:
    """The way of a weight that replicas read in threads of their own, while the tape recorded the one that waits."""
    place = frames.innermost(replicas)
    if place is None:
        return None
    return Way((*creation(suspect, evidence), stop_at(Role.CUT, place, Kind.OTHER_THREAD)), End.CUT)


def recreated(weight: Weight, marks: Moment, setup: Recorder) -> Journey:
    """The journey of a weight that every call makes anew, at the line where it does, or makes the object that has it.

    The weights of a stock layer are one story, told of the layer.
    """
    place = frames.place_of(marks[frames.user_marks(marks)[0]])
    made = outside_of_setup(marks) or frames.outside_of_helpers(marks) or place
    way = Way((stop_at(Role.CREATED, place), stop_at(Role.CUT, made, Kind.RECREATED)), End.CUT)
    layer = setup.makers.get(frames.user_frames(marks))
    if layer is not None:
        return Journey(Weight(layer, layer, place.span, Listing.UNKNOWN, of_layer=True), (way,))
    return Journey(replace(weight, created=place.span), (way,))


def traced_way(suspect: Suspect, evidence: Evidence, failure: Moment) -> Way | None:
    """The way of a weight whose value leaves TensorFlow at a line where tracing failed."""
    place = frames.innermost(failure)
    if place is None:
        return None
    cut = stop_at(Role.CUT, place, Kind.LEAVES_TENSORFLOW)
    return Way((*creation(suspect, evidence), cut), End.CUT)


def symbol_ways(suspect: Suspect, evidence: Evidence, failure: Moment) -> tuple[Way, ...]:
    """The ways of a weight into symbolic tensors that outlived their graph, which the call then stumbled over."""
    used = frames.innermost(failure)
    ways = []
    for tensor in evidence.setup.alive():
        found = evidence.found.get(id(tensor))
        origin = evidence.setup.origin(tensor)
        if hooks.is_eager(tensor) or found is None or origin is None:
            continue
        for read in origin.all_reads():
            if suspect.is_read_by(read):
                stops = (
                    *creation(suspect, evidence),
                    *_read_stops(suspect, read),
                    *_kept(evidence, tensor, origin, read),
                )
                if used is not None:
                    stops = (*stops, stop_at(Role.USED, used))
                ways.append(Way(stops, End.FROZEN, read.phase))
    return _outermost(ways)


def _weight(suspect: Suspect, evidence: Evidence) -> Weight:
    created = creation(suspect, evidence)
    return Weight(suspect.path, suspect.name, created[0].span if created else None, suspect.listing, suspect.holder)


def creation(suspect: Suspect, evidence: Evidence) -> tuple[Stop, ...]:
    """Where the weight is made, if that was seen, or the stock layer that makes it when it is first called."""
    setup = evidence.setup
    made = (
        setup.layers.get(suspect.handle),
        setup.created.get(key_of(suspect.shown)),
        setup.created.get(suspect.handle),
    )
    marks = next(filter(None, made), None)
    place = frames.innermost(marks) if marks else None
    return (stop_at(Role.CREATED, place),) if place is not None else ()


def _returned_ways(suspect: Suspect, evidence: Evidence) -> list[Way]:
    """The ways of a weight in whose place the model keeps what an `assign` returned."""
    ways = []
    for reference, origin in evidence.setup.returned:
        (read,) = origin.reads
        value = reference()
        if suspect.is_read_by(read) and id(value) in evidence.found:
            kept = _kept(evidence, value, origin, read)
            ways.append(Way((*creation(suspect, evidence), *_read_stops(suspect, read), *kept), End.FROZEN, read.phase))
    return ways


def _earlier_ways(suspect: Suspect, evidence: Evidence, forward: Forward) -> list[Way]:
    """The ways over what was computed before this pass."""
    ways: list[Way] = []
    for use, read in _uses(suspect, forward, carried=False):
        ways.append(_used_way(suspect, evidence, use, read))
        blocked = forward.is_watched(use.tensor) and not forward.reaches(use.tensor)
        if blocked and not suspect.has_gradient:
            ways.extend(_cut_ways(suspect, evidence, forward.cuts_behind(forward.using(use.tensor))))
    return ways


def _carried_ways(suspect: Suspect, evidence: Evidence, forward: Forward) -> list[Way]:
    """The ways over a state that an earlier call assigned: the cause only where there is no other."""
    return [_used_way(suspect, evidence, use, read) for use, read in _uses(suspect, forward, carried=True)]


def _uses(suspect: Suspect, forward: Forward, *, carried: bool) -> Iterator[tuple[Use, Read]]:
    for use, read in forward.uses_of(suspect.handle, key_of(suspect.shown)):
        if use.tensor is suspect.variable:
            continue  # a tensor that the tape was told to watch
        if use.variable == suspect.handle or (use.variable is not None and suspect.has_gradient):
            continue  # a running average of a live weight is no loss
        if carried == (use.variable is not None and read.phase is Phase.FIRST_CALL):
            yield use, read


def _used_way(suspect: Suspect, evidence: Evidence, use: Use, read: Read) -> Way:
    used = frames.innermost(use.event.moment)
    created = creation(suspect, evidence)
    after = (stop_at(Role.USED, used),) if used is not None else ()
    answered = frames.innermost(use.cached)
    if answered is not None:
        cut = stop_at(Role.CUT, answered, Kind.BIJECTOR_CACHE)
        return Way((*created, *_plain_reads(read), cut), End.CUT)
    if use.variable is not None:
        if used is not None and is_bookkeeping(use.origin.moment):
            return Way((*created, *_plain_reads(read), stop_at(Role.CUT, used, Kind.ASSIGN)), End.CUT)
        if read.phase is Phase.FIRST_CALL:
            place = frames.innermost(use.origin.moment)
            if place is not None:
                return Way((*created, *_plain_reads(read), stop_at(Role.CUT, place, Kind.ASSIGN), *after), End.CUT)
        kept = _kept_by_variable(evidence, use)
        return Way((*created, *_read_stops(suspect, read), *kept, *after), End.FROZEN, read.phase)
    kept = _kept(evidence, use.tensor, use.origin, read)
    phase = Phase.SCRIPT if use.origin.of_gradient else read.phase  # another tape recorded it, and none its answer
    return Way((*created, *_read_stops(suspect, read), *kept, *after), End.FROZEN, phase)


def _cut_ways(suspect: Suspect, evidence: Evidence, cuts: list[Cut]) -> list[Way]:
    """A way for each place that cuts: of several operations of one expression, the last is what it does."""
    ways = {}
    for cut in cuts:
        way = cut_way(creation(suspect, evidence), evidence, cut)
        place = way.first(Role.CUT) or way.first(Role.READ)
        ways[place.span if place is not None else None] = way
    return list(ways.values())


def cut_way(created: tuple[Stop, ...], evidence: Evidence, cut: Cut) -> Way:
    """The way from where something is made to the operation that ends its gradient."""
    if cut.kind is Kind.OUTSIDE_TAPE:
        return outside_way(created, cut.event.moment)
    place = _place_of(cut.event, evidence)
    stops = list(created)
    start = frames.innermost(cut.start.moment)
    if place is None:
        return Way(tuple(stops), End.UNKNOWN)
    if start is not None and start.span != place.span:
        stops.append(stop_at(Role.READ, start))
    stops.append(stop_at(Role.CUT, place, cut.kind, cut.event.operation))
    stops.extend(_callers(cut.event.moment))
    return Way(tuple(stops), End.CUT)


def _place_of(event: Event, evidence: Evidence) -> Place | None:
    """The user's line that ran an operation or, where a stock layer runs it alone, the line that made the layer."""
    place = frames.innermost(event.moment)
    if place is not None or event.layer is None:
        return place
    known = evidence.setup.modules.get(id(event.layer))
    return frames.innermost(known[1]) if known is not None and known[0]() is event.layer else None


def _callers(moment: Moment) -> list[Stop]:
    """Where the user's own code called the function that the operation stands in."""
    marks = frames.user_marks(moment)
    return [stop_at(Role.USED, frames.place_of(moment[index])) for index in marks[1:2]]


def _lost_loss(suspect: Suspect, evidence: Evidence) -> list[Way]:
    ways = []
    for origin, moment, phase in evidence.setup.losses:
        place = frames.innermost(moment)
        for read in origin.all_reads():
            if suspect.is_read_by(read) and phase is Phase.SETUP and place is not None:
                kept = stop_at(Role.KEPT, place, Kind.LOSS, "add_loss")
                ways.append(Way((*creation(suspect, evidence), *_read_stops(suspect, read), kept), End.FROZEN, phase))
    return ways


def _left_way(suspect: Suspect, evidence: Evidence, leaving: Leaving) -> Way:
    read = next(each for each in leaving.origin.all_reads() if suspect.is_read_by(each))
    created = creation(suspect, evidence)
    if leaving.phase in (Phase.SETUP, Phase.FIRST_CALL):
        stops = _read_stops(suspect, read)
        value = leaving.kept()
        kept = _kept(evidence, value, leaving.origin, read)
        return Way((*created, *stops, *kept), End.FROZEN, leaving.phase)
    ended = _ended_before(leaving.origin, read)
    place = frames.innermost((ended or leaving).moment)
    kind = kind_of_operation(ended.operation) if ended is not None else Kind.LEAVES_TENSORFLOW
    cut = (stop_at(Role.CUT, place, kind, ended.operation if ended is not None else ""),) if place is not None else ()
    return Way((*created, *cut), End.CUT if cut else End.UNKNOWN)


def _ended_before(origin: Origin, read: Read) -> Origin | None:
    """The operation that a value ceased to be a number with derivatives at, before it left: the nearest to the read."""
    ended, node = None, origin
    while True:
        ended = node if node.discrete else ended
        inner = next((each for each in node.parents if read in each.all_reads()), None)
        if inner is None:
            return ended
        node = inner


def _plain_reads(read: Read) -> tuple[Stop, ...]:
    place = frames.innermost(read.moment)
    return (stop_at(Role.READ, place),) if place is not None else ()


def _read_stops(suspect: Suspect, read: Read) -> tuple[Stop, ...]:
    """The place that reads the weight by its name and, where a helper did the work, the helper's line."""
    users = frames.user_marks(read.moment)
    if not users:
        return ()
    innermost = users[0]
    reader = read.reader if read.reader in users else innermost
    stops = [stop_at(Role.READ, frames.place_in(read.moment, reader), _read_kind(suspect, read, innermost))]
    if reader != innermost:
        stops.append(stop_at(Role.CUT, frames.place_of(read.moment[innermost])))
    return tuple(stops)


def _read_kind(suspect: Suspect, read: Read, innermost: int) -> Kind:
    """Whether TFP read the weight inside the constructor that it was given to, instead of keeping it."""
    for mark in read.moment[:innermost]:
        if "tensorflow_probability" in mark.code.co_filename and mark.code.co_name == "__init__":
            return Kind.WHOLE if suspect.wrapped else Kind.FREEZING_CONSTRUCTOR
    return Kind.PLAIN


def _kept(evidence: Evidence, value: Any, origin: Origin, read: Read) -> tuple[Stop, ...]:
    """What keeps a value from an earlier phase, found by its identity and never by its numbers."""
    found = evidence.found.get(id(value)) if value is not None else None
    if found is None:
        return ()
    kind = kind_of(found.holder)
    known = evidence.setup.modules.get(id(found.holder))
    place = frames.innermost(known[1]) if known is not None and known[0]() is found.holder else None
    if place is None or (kind is Kind.ATTRIBUTE and frames.is_users(type(found.holder))):
        # The constructor of a class of their own runs long before it keeps anything.
        place = _keeping_statement(origin, read) or place
    return (stop_at(Role.KEPT, place, kind, found.path),) if place is not None else ()


def _kept_by_variable(evidence: Evidence, use: Use) -> tuple[Stop, ...]:
    reference = evidence.setup.variables.get(use.variable or 0)
    variable = reference() if reference is not None else None
    found = evidence.found.get(id(variable)) if variable is not None else None
    place = frames.innermost(use.origin.moment)
    if place is None:
        return ()
    return (stop_at(Role.KEPT, place, Kind.VARIABLE, found.path if found is not None else ""),)


def _keeping_statement(origin: Origin, read: Read) -> Place | None:
    """The statement that was running when the kept value was made, in the function that read the weight."""
    users = frames.user_marks(origin.moment)
    if not users:
        return None
    reader = read.moment[read.reader].code if read.reader < len(read.moment) else None
    same = [index for index in users if origin.moment[index].code is reader]
    behind = [index for index in users if not same or index >= same[0]]
    # What a lambda gives is kept by whoever called it.
    keeping = next((index for index in behind if origin.moment[index].code.co_name != "<lambda>"), behind[0])
    return frames.statement_of(origin.moment[keeping])
