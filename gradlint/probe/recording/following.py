"""Makes a tape of the probe record what a tape of the program's own records, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from gradlint.probe.recording import tapes


@dataclass(eq=False)
class Following:
    """What the tapes of one run of the program do. They go by their numbers: each run makes new ones.

    The tape that follows records from the beginning if nothing is to be followed.
    """

    follower: Any = None
    followed: frozenset[int] = frozenset()
    _seen: list[Any] = field(default_factory=list)
    _recording: set[int] = field(default_factory=set)
    _paused: set[int] = field(default_factory=set)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Follow until the block ends; after it the follower records again."""
        following = self.follower is not None and bool(self.followed)
        with ExitStack() as stack:
            stack.enter_context(tapes.recordings(self._saw))
            stack.enter_context(tapes.pauses(self._saw_pause))
            if following:
                self.follower._pop_tape()
            try:
                yield
            finally:
                if following and not self.follower._recording:
                    self.follower._push_tape()

    def again(self) -> Following:
        """The same for another run, whose tapes are numbered anew."""
        self._seen.clear()
        self._recording.clear()
        self._paused.clear()
        return self

    def number(self, tape: Any) -> int:
        """The how manieth tape of the run it is."""
        known = next((number for number, each in enumerate(self._seen) if each is tape), None)
        if known is None:
            self._seen.append(tape)
            return len(self._seen) - 1
        return known

    def is_outside(self) -> bool:
        """Whether what runs now stands outside of every block whose tape is followed."""
        return bool(self.followed) and not self._recording and not self._paused

    def _saw(self, tape: Any, records: bool) -> None:
        if tape is self.follower:
            return
        number = self.number(tape)
        if number not in self.followed or self.follower is None:
            return
        if records:
            self._recording.add(number)
            if not self.follower._recording:
                self.follower._push_tape()
        else:
            self._recording.discard(number)
            if not self._recording and self.follower._recording:
                self.follower._pop_tape()

    def _saw_pause(self, tape: Any, paused: bool) -> None:
        number = self.number(tape)
        if number in self.followed:
            (self._paused.add if paused else self._paused.discard)(number)
