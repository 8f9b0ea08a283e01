"""Which way a gradient takes back through a recorded forward pass, and at which operation it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gradlint.probe import hooks
from gradlint.probe.frames import Mark, origin_of
from gradlint.probe.recorder import LEFT, WITHOUT_DATA, Event, Origin, Recorder
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

    `variable` is the handle of the variable that carried the value over, if one did.
    """

    event: Event
    tensor: Any
    origin: Origin
    variable: int | None = None
    cached: bool = False


@dataclass(frozen=True)
class Cut:
    """The operation after which no gradient comes back, and the event that read the weight before it."""

    event: Event
    start: Event
    kind: Kind


class Forward:
    """One forward pass under the tape, operation by operation, with its loss, which may be several tensors."""

    def __init__(self, recorder: Recorder, loss: Any, setup: Recorder) -> None:
        self.events = recorder.events
        self.recorder = recorder
        self.setup = setup
        self.loss = loss
        self.losses = hooks.tensorflow().nest.flatten(loss)
        self._producer = {id(output): index for index, event in enumerate(self.events) for output in event.outputs}
        self._consumers: dict[int, list[int]] = {}
        self._assignments: dict[int, list[int]] = {}
        for index, event in enumerate(self.events):
            for each in event.inputs:
                self._consumers.setdefault(id(each), []).append(index)
            if event.operation.startswith("Assign") and event.handles:
                self._assignments.setdefault(event.handles[0], []).append(index)
        self._unregistered: set[str] = set()
        self.needed = self._needed()
        self._watched = {id(variable) for variable in recorder.tape.watched_variables()}
        self._gradients = self._all_gradients()
        self._live = {*map(id, self.losses), *self._gradients}

    def _sources(self, index: int) -> Iterator[int]:
        """The events whose values an event is computed from."""
        event = self.events[index]
        for each in event.inputs:
            producer = self._producer.get(id(each))
            if producer is not None and producer != index and self.events[producer].operation not in WITHOUT_DATA:
                yield producer
        for handle in (*event.reads, *event.handles):
            for assignment in self._assignments.get(handle, ()):
                if assignment < index:
                    yield assignment

    def _needed(self) -> set[int]:
        needed: set[int] = set()
        waiting = [start for each in self.losses if (start := self._producer.get(id(each))) is not None]
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                waiting.extend(self._sources(index))
        return needed

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
        try:
            gradients = self.recorder.tape.gradient(self.loss, asked)
        except LookupError as error:
            # An operation without any registered gradient, named at the end: ask for each tensor alone.
            self._unregistered.add(str(error).rpartition(":")[2].strip())
            gradients = [self._gradient(each) for each in asked]
        return {id(each): gradient for each, gradient in zip(asked, gradients, strict=True) if gradient is not None}

    def gradient(self, tensor: Any) -> Any:
        """The gradient of the loss for a tensor of this pass, or None."""
        return self._gradients.get(id(tensor))

    def producer(self, tensor: Any) -> int | None:
        """The event that made a tensor of this pass."""
        return self._producer.get(id(tensor))

    def reading(self, handle: int) -> list[int]:
        """The events that read a weight and that the loss is computed from."""
        return [index for index in sorted(self.needed) if handle in self.events[index].reads]

    def _gradient(self, tensor: Any) -> Any:
        try:
            return self.recorder.tape.gradient(self.loss, tensor)
        except LookupError:
            return None

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
        return any(handle in event.reads for event in self.events)

    def uses(self) -> list[Use]:
        """What the loss is made of that was computed before this pass."""
        found = []
        for index in sorted(self.needed):
            event = self.events[index]
            for each in event.inputs:
                if id(each) in self._producer:
                    continue
                origin = self.setup.origin(each)
                if origin is None and (leaving := self.setup.left(each)) is not None:
                    origin = leaving.origin
                if origin is not None:
                    found.append(Use(event, each, origin, cached=id(each) in self.recorder.cached))
            for handle in event.reads:
                written = any(assignment < index for assignment in self._assignments.get(handle, ()))
                if handle in self.setup.contents and not written:
                    found.append(Use(event, None, self.setup.contents[handle], handle))
        return found

    def cuts(self, handle: int) -> list[Cut]:
        """The operations that end the gradient of a weight which this pass reads, the nearest to the weight first."""
        return self.cuts_behind(self.reading(handle))

    def using(self, tensor: Any) -> list[int]:
        """The events that take a tensor and that the loss is computed from."""
        found = self._consumers.get(id(tensor), ())
        return [index for index in found if index in self.needed and self.events[index].operation not in WITHOUT_DATA]

    def cuts_behind(self, starts: list[int]) -> list[Cut]:
        """The operations at which the gradient ends that should come back to some events.

        Each has an output that the loss is differentiable in, and lies behind them on a way that is not.
        """
        before: dict[int, tuple[int, Any] | None] = dict.fromkeys(starts)
        waiting = [index for index in starts if not self._ends(index)]
        ends = [index for index in starts if self._ends(index)]
        for index in waiting:
            for following, tensor in self.following(index):
                if following in before or following not in self.needed:
                    continue
                before[following] = (index, tensor)
                (ends if self._ends(following) else waiting).append(following)
        found: dict[int, Cut] = {}
        for end in ends:
            index, start = self._last_float(end, before)
            for earlier in self._earlier_cuts(index, starts, before):
                found.setdefault(id(earlier.event), earlier)
            event = self.events[index]
            found.setdefault(id(event), Cut(event, self.events[start], self._kind(event)))
        return list(found.values())

    def _earlier_cuts(self, index: int, starts: list[int], before: dict[int, tuple[int, Any] | None]) -> list[Cut]:
        """What cuts the way to an operation that cuts it once more: mending the one would only show the other."""
        if before[index] is None:
            return []
        earlier = []
        for tensor in self.events[index].inputs:
            if self._producer.get(id(tensor)) in before and hooks.is_differentiable(tensor):
                inner = Forward(self.recorder, tensor, self.setup)
                reached = [each for each in starts if each in inner.needed]
                begun = [each for start in reached for each in inner.begun_with(start) if inner.is_watched(each)]
                if begun and not any(map(inner.reaches, begun)):
                    earlier.extend(inner.cuts_behind(reached))
        return earlier

    def begun_with(self, index: int) -> list[Any]:
        """What an event reads that no event of this pass made: variables, and tensors from before."""
        event = self.events[index]
        variables = [self.recorder.variable(handle) for handle in event.reads]
        return [*variables, *(each for each in event.inputs if id(each) not in self._producer)]

    def following(self, index: int) -> Iterator[tuple[int, Any]]:
        """The events that an event's outputs go into, each with the output."""
        event = self.events[index]
        for output in event.outputs:
            for consumer in self._consumers.get(id(output), ()):
                if self.events[consumer].operation not in WITHOUT_DATA:
                    yield consumer, output

    def _ends(self, index: int) -> bool:
        """Whether a gradient comes back to an event, but not beyond it.

        The tape gives none even for what `stop_gradient` returns.
        """
        event = self.events[index]
        if _is_paused(event):
            return True
        stops = event.operation.startswith(("Assign", *_STOPS)) or event.operation in self._unregistered
        return stops or self._is_live(index)

    def _is_live(self, index: int) -> bool:
        return any(id(output) in self._live for output in self.events[index].outputs)

    def _last_float(self, end: int, before: dict[int, tuple[int, Any] | None]) -> tuple[int, int]:
        """Back from where numbers live again to the operation that ended them, and to the read before it."""
        index = end
        while (previous := before[index]) is not None and not hooks.is_differentiable(previous[1]):
            index = previous[0]
        start = index
        while (previous := before[start]) is not None:
            start = previous[0]
        return index, start

    def _kind(self, event: Event) -> Kind:
        library = library_frames(event)
        sampled = any(_is_probability(mark) and mark.code.co_name in _SAMPLERS for mark in library)
        if event.operation in _PYTHON:
            return Kind.LEAVES_TENSORFLOW
        if sampled or _RANDOM.search(event.operation):
            return Kind.SAMPLE
        if event.operation in _STOPS:
            return Kind.STOP_GRADIENT
        if event.operation.startswith("Assign"):
            return Kind.ASSIGN
        if event.operation == "Cast" or event.operation in _COMPARISONS:
            return Kind.CAST
        if _is_paused(event):
            return Kind.PAUSED_TAPE
        return Kind.NO_GRADIENT


def library_frames(event: Event) -> list[Mark]:
    """The frames between an operation and the user's line that led to it."""
    frames = []
    for mark in event.moment:
        if origin_of(mark.code.co_filename) == "user":
            break
        frames.append(mark)
    return frames


def _is_paused(event: Event) -> bool:
    """Whether the program paused the tape.

    A function with a gradient of its own does so too, and one that was traced before; both tell the tape later.
    """
    if not event.paused or event.operation.startswith("__"):  # the operation of a traced function has a name of its own
        return False
    return not any(mark.code.co_filename.endswith("custom_gradient.py") for mark in event.moment)


def _is_probability(mark: Mark) -> bool:
    return "tensorflow_probability" in mark.code.co_filename
