"""Which way a gradient takes back through a recorded forward pass, and at which operation it ends."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from gradlint.probe.recording import hooks
from gradlint.probe.recording.frames import Mark, Moment, origin_of
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.links import Links
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.records import LEFT, Event, Origin, Read, assigns
from gradlint.run import Kind

_COMPARISONS = frozenset(
    {
        "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "ApproximateEqual", "LogicalAnd",
        "LogicalOr", "LogicalNot", "IsNan", "IsFinite", "IsInf",
    }
)  # fmt: skip
_SAMPLERS = frozenset({"sample", "_call_sample_n", "_sample_n", "_sample_control_dependencies"})
_RANDOM = re.compile(r"Random(Poisson|Binomial)|Multinomial|Categorical")
_STOPS = ("StopGradient", "PreventGradient")
_PYTHON = frozenset({"PyFunc", "PyFuncStateless", LEFT})


@dataclass(frozen=True)
class Use:
    """A tensor from before this pass, computed from weights, that the loss is made of.

    `variable` is the handle of the variable that carried the value over, if one did; `cached` is where a bijector
    answered with it from its cache.
    """

    event: Event
    tensor: Any
    origin: Origin
    variable: int | None = None
    cached: Moment = ()


@dataclass(frozen=True)
class Cut:
    """The operation after which no gradient comes back, and the event that read the weight before it."""

    event: Event
    start: Event
    kind: Kind


@dataclass(frozen=True)
class _Ahead:
    """A gradient's end that lies ahead of an event: how many steps away, and the event that ended the numbers."""

    steps: int
    ended: int


class Forward:
    """One forward pass under the tape, operation by operation, with its loss, which may be several tensors."""

    def __init__(self, recorder: Recorder, loss: Any, setup: Recorder, links: Links | None = None) -> None:
        self.events = recorder.events
        self.recorder = recorder
        self.setup = setup
        self.loss = loss
        self.losses = hooks.tensorflow().nest.flatten(loss)
        self.links = links if links is not None else Links(recorder.events)
        self.needed = self.links.behind(self.losses)
        self._watched = {id(variable) for variable in recorder.tape.watched_variables()}
        self._gradients = self._all_gradients()
        self._live = {*map(id, self.losses), *self._gradients}
        self._inner: dict[int, Forward] = {}

    def _all_gradients(self) -> dict[int, Any]:
        """The gradient of the loss for each tensor and variable that has one, by its id."""
        sources: dict[int, Any] = {}
        for index in sorted(self.needed):
            event = self.events[index]
            sources.update(
                (id(each), each) for each in (*event.outputs, *event.inputs) if hooks.is_differentiable(each)
            )
            for handle in event.reads:
                variable = self.recorder.variable(handle)
                if variable is not None:
                    sources[id(variable)] = variable
        asked = list(sources.values())
        with hooks.gradients_looked_up(lambda operation: None):
            gradients = self.recorder.tape.gradient(self.loss, asked)
        return {id(each): gradient for each, gradient in zip(asked, gradients, strict=True) if gradient is not None}

    def gradient(self, tensor: Any) -> Any:
        """The gradient of the loss for a tensor of this pass, or None."""
        return self._gradients.get(id(tensor))

    def reading(self, handle: int) -> list[int]:
        """The events that read a weight and that the loss is computed from."""
        return [index for index in self.links.reading(handle) if index in self.needed]

    def using(self, tensor: Any) -> list[int]:
        """The events that take a tensor and that the loss is computed from."""
        return [index for index in self.links.taking(tensor) if index in self.needed]

    def reaches(self, variable: Any) -> bool:
        """Whether a gradient comes back to a weight, or to a tensor."""
        return id(variable) in self._gradients

    def is_watched(self, value: Any) -> bool:
        """Whether the tape was to record what becomes of a variable, or of a tensor from before this pass.

        Where it was not, that no gradient comes back says nothing about the operations.
        """
        return id(value) in self.recorder.watched or id(value) in self._watched

    def is_read(self, handle: int) -> bool:
        """Whether the pass reads the weight at all."""
        return bool(self.links.reading(handle))

    @functools.cached_property
    def uses(self) -> list[Use]:
        """What the loss is made of that was computed before this pass."""
        found = []
        for index in sorted(self.needed):
            event = self.events[index]
            for each in event.inputs:
                if self.links.producer(each) is not None:
                    continue
                origin = self.setup.origin(each)
                if origin is None and (leaving := self.setup.left(each)) is not None:
                    origin = leaving.origin
                if origin is not None:
                    found.append(Use(event, each, origin, cached=self.recorder.cached.get(key_of(each), ())))
            for handle in event.reads:
                if handle in self.setup.contents and not any(self.links.assigning(handle, before=index)):
                    found.append(Use(event, None, self.setup.contents[handle], handle))
        return found

    def uses_of(self, *handles: int) -> list[tuple[Use, Read]]:
        """The uses of what was computed from a weight, each with the read of it."""
        numbered = {number: use for handle in handles for number, use in self._uses_by_handle.get(handle, ())}
        return [numbered[number] for number in sorted(numbered)]

    @functools.cached_property
    def _uses_by_handle(self) -> dict[int, list[tuple[int, tuple[Use, Read]]]]:
        found: dict[int, list[tuple[int, tuple[Use, Read]]]] = {}
        pairs = ((use, read) for use in self.uses for read in use.origin.all_reads())
        for number, (use, read) in enumerate(pairs):
            found.setdefault(read.handle, []).append((number, (use, read)))
        return found

    def cuts(self, handle: int) -> list[Cut]:
        """The operations that end the gradient of a weight which this pass reads, the nearest to the weight first."""
        return self.cuts_behind(self.reading(handle))

    def cuts_behind(self, starts: list[int]) -> list[Cut]:
        """The operations at which the gradient ends that should come back to some events.

        Each has an output that the loss is differentiable in, and lies behind them on a way that is not.
        """
        nearest: dict[int, tuple[_Ahead, int]] = {}
        for start in starts:
            ahead = {start: _Ahead(0, start)} if self._ends(start) else self._ahead.get(start, {})
            for end, way in ahead.items():
                if end not in nearest or way.steps < nearest[end][0].steps:
                    nearest[end] = way, start
        found: dict[int, Cut] = {}
        for _, (way, start) in sorted(nearest.items(), key=lambda pair: (pair[1][0].steps, pair[0])):
            event = self.events[way.ended]
            for earlier in self._earlier_cuts(way.ended, starts):
                found.setdefault(id(earlier.event), earlier)
            shown = self._given_back(way.ended) if assigns(event.operation) and is_bookkeeping(event.moment) else event
            found.setdefault(id(event), Cut(shown, self.events[start], self._kind(event)))
        return list(found.values())

    def _given_back(self, index: int) -> Event:
        """The event that takes out of a variable what another one put in."""
        later = (each for handle in self.events[index].handles for each in self.reading(handle) if each > index)
        return self.events[next(later, index)]

    @functools.cached_property
    def _ahead(self) -> dict[int, dict[int, _Ahead]]:
        """For each event that no gradient comes back to, the nearest events that one does come back to.

        What is no number any more when it gets there was ended by the operation that made it so.
        """
        found: dict[int, dict[int, _Ahead]] = {}
        for index in sorted(self.needed, reverse=True):
            if self._ends(index):
                continue
            mine: dict[int, _Ahead] = {}
            for following, tensor in self.links.following(index):
                if following not in self.needed:
                    continue
                there = {following: _Ahead(0, following)} if self._ends(following) else found.get(following, {})
                hides = not hooks.is_differentiable(tensor)
                for end, way in there.items():
                    if end not in mine or way.steps + 1 < mine[end].steps:
                        same = self._is_same_stretch(index, way.ended) or (hides and way.ended == following)
                        mine[end] = _Ahead(way.steps + 1, index if same else way.ended)
            found[index] = mine
        return found

    def _is_same_stretch(self, index: int, ended: int) -> bool:
        """Whether an event was not recorded for the reason for which one behind it was not."""
        event, behind = self.events[index], self.events[ended]
        return event.outside if behind.outside else _is_paused(event) and _is_paused(behind)

    def _earlier_cuts(self, index: int, starts: list[int]) -> list[Cut]:
        """What cuts the way to an operation that cuts it once more: mending the one would only show the other."""
        if index in starts:
            return []
        earlier = []
        for tensor in self.events[index].inputs:
            if self.links.producer(tensor) is None or not hooks.is_differentiable(tensor):
                continue
            inner = self._up_to(tensor)
            reached = [each for each in starts if each in inner.needed]
            begun = [each for start in reached for each in self._begun_with(start) if inner.is_watched(each)]
            # A tape does not watch what is read while it is paused, as it is for `stop_gradient`.
            hidden = not begun and any(_is_paused(self.events[each]) for each in reached)
            if hidden or (begun and not any(map(inner.reaches, begun))):
                earlier.extend(inner.cuts_behind(reached))
        return earlier

    def _up_to(self, tensor: Any) -> Forward:
        """The part of this pass that computes a tensor."""
        if id(tensor) not in self._inner:
            self._inner[id(tensor)] = Forward(self.recorder, tensor, self.setup, self.links)
        return self._inner[id(tensor)]

    def _begun_with(self, index: int) -> list[Any]:
        """What an event reads that no event of this pass made: variables, and tensors from before."""
        event = self.events[index]
        variables = [self.recorder.variable(handle) for handle in event.reads]
        return [*variables, *(each for each in event.inputs if self.links.producer(each) is None)]

    def _ends(self, index: int) -> bool:
        """Whether a gradient comes back to an event, but not beyond it.

        The tape gives none even for what `stop_gradient` returns.
        """
        event = self.events[index]
        if event.outside or _is_paused(event):
            # The tape was not told of it, so it has no gradient for it either: ask what takes it.
            taking = (following for following, _ in self.links.following(index) if following in self.needed)
            return self._is_live(index) or any(map(self._is_live, taking))
        stops = event.operation.startswith(_STOPS)
        return stops or assigns(event.operation) or self._is_live(index)

    def _is_live(self, index: int) -> bool:
        return any(id(output) in self._live for output in self.events[index].outputs)

    def _kind(self, event: Event) -> Kind:
        if event.outside:
            return Kind.OUTSIDE_TAPE
        library = library_frames(event.moment)
        sampled = any(_is_probability(mark) and mark.code.co_name in _SAMPLERS for mark in library)
        if event.operation in _PYTHON:
            return Kind.LEAVES_TENSORFLOW
        if sampled or _RANDOM.search(event.operation):
            return Kind.SAMPLE
        if event.operation in _STOPS:
            return Kind.STOP_GRADIENT
        if assigns(event.operation):
            return Kind.ASSIGN
        if _is_paused(event) and event.operation != "Cast" and event.operation not in _COMPARISONS:
            return Kind.PAUSED_TAPE
        return kind_of_operation(event.operation)


def kind_of_operation(operation: str) -> Kind:
    """What an operation that ends a gradient by itself is."""
    return Kind.CAST if operation == "Cast" or operation in _COMPARISONS else Kind.NO_GRADIENT


def library_frames(moment: Moment) -> list[Mark]:
    """The frames between an operation and the user's line that led to it."""
    frames = []
    for mark in moment:
        if origin_of(mark.code.co_filename) == "user":
            break
        frames.append(mark)
    return frames


def is_bookkeeping(moment: Moment) -> bool:
    """Whether a metric or a moving average was at work, whose variables the program never names."""
    files = (mark.code.co_filename.replace("\\", "/") for mark in library_frames(moment))
    return any("/metrics/" in each or each.endswith("/moving_averages.py") for each in files)


def _is_paused(event: Event) -> bool:
    """Whether the program paused the tape.

    A function with a gradient of its own does so too, and one that was traced before; both tell the tape later.
    """
    if not event.paused or event.operation.startswith("__"):  # the operation of a traced function has a name of its own
        return False
    return not any(mark.code.co_filename.endswith("custom_gradient.py") for mark in event.moment)


def _is_probability(mark: Mark) -> bool:
    return "tensorflow_probability" in mark.code.co_filename
