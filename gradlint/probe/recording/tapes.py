"""Tells an observer what the program does with its tapes."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gradlint.probe.recording import hooks, private


class TapeObserver(Protocol):
    """Who wants to know what is done with tapes."""

    def tape_entered(self, tape: Any) -> None:
        """It records from now on."""

    def tape_left(self, tape: Any) -> None:
        """It records no more."""

    def tape_told(self, tape: Any, tensor: Any) -> None:
        """It is to watch something."""

    def tape_forgets(self, tape: Any) -> None:
        """It is reset."""

    def tape_asked(self, tape: Any, target: Any, sources: Any, ask: Callable[[Any], Any]) -> Any:
        """It is asked for gradients; the program gets what this returns. `ask` gives those for some sources."""


@private.hook
@contextmanager
def tapes_used(observer: TapeObserver) -> Iterator[None]:
    """Tell `observer` what is done with every `tf.GradientTape`.

    All of them are persistent meanwhile, so that they can be asked again for what explains the first answer.
    """
    owner = hooks.tensorflow().GradientTape
    names = ("__init__", "__enter__", "__exit__", "watch", "reset", "gradient", "jacobian", "batch_jacobian")
    own = {name: vars(owner)[name] for name in names}
    once: weakref.WeakSet[Any] = weakref.WeakSet()

    @functools.wraps(own["__init__"])
    def made(self: Any, persistent: bool = False, *arguments: Any, **keywords: Any) -> None:
        own["__init__"](self, True, *arguments, **keywords)
        if not persistent:
            once.add(self)

    @functools.wraps(own["__enter__"])
    def enter(self: Any) -> Any:
        entered = own["__enter__"](self)
        observer.tape_entered(self)
        return entered

    @functools.wraps(own["__exit__"])
    def leave(self: Any, *arguments: Any) -> Any:
        observer.tape_left(self)
        return own["__exit__"](self, *arguments)

    @functools.wraps(own["watch"])
    def watch(self: Any, tensor: Any) -> None:
        own["watch"](self, tensor)
        observer.tape_told(self, tensor)

    @functools.wraps(own["reset"])
    def reset(self: Any) -> None:
        own["reset"](self)
        observer.tape_forgets(self)

    def asking(name: str) -> Callable[..., Any]:
        named = "source" if name == "batch_jacobian" else "sources"

        @functools.wraps(own[name])
        def gradient(self: Any, target: Any, *given: Any, **keywords: Any) -> Any:
            sources, *arguments = given or (keywords.pop(named),)
            if self in once and self._recording:
                self._pop_tape()  # as it does itself when it can be asked only once
                observer.tape_left(self)

            def ask(wanted: Any) -> Any:
                return own[name](self, target, wanted, *arguments, **keywords)

            return observer.tape_asked(self, target, sources, ask)

        return gradient

    replacements = {"__init__": made, "__enter__": enter, "__exit__": leave, "watch": watch, "reset": reset}
    asked = {name: asking(name) for name in ("gradient", "jacobian", "batch_jacobian")}
    with hooks.replaced(owner, {**replacements, **asked}):
        yield


def watches_by_itself(tape: Any) -> bool:
    """Whether the tape watches every trainable variable that is read."""
    return bool(tape._watch_accessed_variables)


@contextmanager
def gradients_asked(observer: Callable[[Any, Any, Any, Any], None]) -> Iterator[None]:
    """Call `observer` with (tape, target, sources, answer) for every gradient that the program asks a tape for."""
    owner = hooks.tensorflow().GradientTape
    original = vars(owner)["gradient"]

    @functools.wraps(original)
    def gradient(self: Any, target: Any, sources: Any, *arguments: Any, **keywords: Any) -> Any:
        found = original(self, target, sources, *arguments, **keywords)
        observer(self, target, sources, found)
        return found

    with hooks.replaced(owner, {"gradient": gradient}):
        yield


@private.hook
@contextmanager
def recordings(observer: Callable[[Any, bool], None]) -> Iterator[None]:
    """Call `observer` with (tape, True) when a tape begins to record, and with (tape, False) when it ends."""
    owner = hooks.tensorflow().GradientTape
    push, pop = vars(owner)["_push_tape"], vars(owner)["_pop_tape"]

    @functools.wraps(push)
    def pushed(self: Any) -> None:
        push(self)
        observer(self, True)

    @functools.wraps(pop)
    def popped(self: Any) -> None:
        pop(self)
        observer(self, False)

    with hooks.replaced(owner, {"_push_tape": pushed, "_pop_tape": popped}):
        yield


@contextmanager
def pauses(observer: Callable[[Any, bool], None]) -> Iterator[None]:
    """Call `observer` with (tape, True) when the program pauses a tape, and with (tape, False) when that ends."""
    owner = hooks.tensorflow().GradientTape
    original = vars(owner)["stop_recording"]

    @contextmanager
    def stopped(self: Any) -> Iterator[None]:
        observer(self, True)
        try:
            with original(self):
                yield
        finally:
            observer(self, False)

    with hooks.replaced(owner, {"stop_recording": stopped}):
        yield
