"""How the operations of one recorded pass hang together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gradlint.probe.recording.records import WITHOUT_DATA, Event, assigns


class Links:
    """Which event made a tensor, which events take it, and which read or assign a variable; events by their index."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._producer = {id(output): index for index, event in enumerate(events) for output in event.outputs}
        self._consumers: dict[int, list[int]] = {}
        self._assignments: dict[int, list[int]] = {}
        self._readers: dict[int, list[int]] = {}
        for index, event in enumerate(events):
            for key in dict.fromkeys(map(id, event.inputs)):
                self._consumers.setdefault(key, []).append(index)
            for handle in event.reads:
                self._readers.setdefault(handle, []).append(index)
            if assigns(event.operation) and event.handles:
                self._assignments.setdefault(event.handles[0], []).append(index)

    def producer(self, tensor: Any) -> int | None:
        """The event that made a tensor of this pass."""
        return self._producer.get(id(tensor))

    def taking(self, tensor: Any) -> list[int]:
        """The events that take a tensor, and not only its form."""
        found = self._consumers.get(id(tensor), ())
        return [index for index in found if self.events[index].operation not in WITHOUT_DATA]

    def reading(self, handle: int) -> Sequence[int]:
        """The events that read a variable."""
        return self._readers.get(handle, ())

    def assigning(self, handle: int, before: int) -> Iterator[int]:
        """The events that assigned a variable before some event."""
        return (index for index in self._assignments.get(handle, ()) if index < before)

    def following(self, index: int) -> Iterator[tuple[int, Any]]:
        """The events that an event's outputs go into, each with the output."""
        return ((taker, output) for output in self.events[index].outputs for taker in self.taking(output))

    def behind(self, tensors: Iterable[Any]) -> set[int]:
        """The events that some tensors are computed from."""
        found: set[int] = set()
        waiting = [index for each in tensors if (index := self.producer(each)) is not None]
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting.extend(self._sources(index))
        return found

    def _sources(self, index: int) -> Iterator[int]:
        event = self.events[index]
        for each in event.inputs:
            producer = self.producer(each)
            if producer is not None and producer != index and self.events[producer].operation not in WITHOUT_DATA:
                yield producer
        for handle in (*event.reads, *event.handles):
            yield from self.assigning(handle, before=index)
