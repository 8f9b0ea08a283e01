"""The interpreter's state: the journal that lets branches be undone and joined, the tapes, the phase, the budget."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from gradlint.run import Dialect, Phase
from gradlint.static.modules import ModuleFinder
from gradlint.static.scopes import Frame, Module, Scope
from gradlint.static.values import (
    UNKNOWN,
    Class,
    Function,
    Imported,
    Instance,
    LibraryObject,
    Origins,
    Place,
    Tape,
    Tensor,
    Value,
    Variable,
    join,
)

DRAWN = 0
"""The recording that stands for every later call of the functional model that is being drawn."""

DEEP = 8
"""So many containers in each other are walked through without being counted."""


class Signal(Enum):
    """How a list of statements ended, where it did not run to its end."""

    RETURN = "return"
    BREAK = "break"
    CONTINUE = "continue"
    RAISE = "raise"


class Missing(Enum):
    """Marks a name that was not bound."""

    MISSING = "missing"


Slot: TypeAlias = tuple[dict[Any, Value], object]
Delta: TypeAlias = dict[tuple[int, object], tuple[dict[Any, Value], object, "Value | Missing"]]


class OutOfBudgetError(Exception):
    """The interpreter has taken more steps, or gone deeper, than one file is allowed."""


class MissingError(Exception):
    """Something that provably is not there, and for whose absence the program provides."""


class AttributeMissingError(MissingError):
    """An attribute that provably is not there: what `hasattr` and `except AttributeError` ask for."""


class KeyMissingError(MissingError):
    """A dict's key that provably is not there: what `except KeyError` asks for."""


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call. `extra` holds what came by a `*` or `**` whose contents are not known."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    extra: tuple[Value, ...] = ()
    is_open: bool = False
    outside: bool = False
    """Whether what is open comes from a caller outside of the object whose method is called."""

    def get(self, position: int | None, *names: str) -> Value | None:
        """The argument at a position or under one of the names."""
        for name, value in self.keywords:
            if name in names:
                return value
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    @property
    def everything(self) -> tuple[Value, ...]:
        """All values that were given."""
        return (*self.positional, *(value for _, value in self.keywords), *self.extra)


EVERYTHING_UNKNOWN = Arguments(is_open=True)
"""What an entry is called with: nothing is known of any parameter."""
FROM_OUTSIDE = Arguments(is_open=True, outside=True)
"""What a judged method is called with: nothing is known of it but that it is no weight of the object itself."""


@dataclass(frozen=True)
class Trace:
    """What a function under `tf.function` keeps of a call in which Keras 3 built a layer."""

    place: Place
    """Where `tf.function` is applied."""
    weights: set[Variable]
    """Those that had no value yet."""
    called_at: ast.AST | None
    """The outermost call of a layer that led there."""
    doubtful: bool
    scope: Scope
    """Where the function was defined."""
    given: frozenset[Variable] = frozenset()
    """The weights that a later call gives the function as arguments, which are read anew."""


@dataclass(frozen=True)
class Asked:
    """A gradient that the program asked for: which weights, of what, and where."""

    place: Place
    variables: tuple[Variable, ...]
    target: Origins
    tape: int
    opaque: bool
    watches: bool = True
    """Whether the tape watches variables by itself."""
    tensors: tuple[Tensor, ...] = ()
    """Sources that are plain tensors."""
    around: frozenset[int] = frozenset()
    """The tapes that were recording all the while."""


@dataclass
class Machine:
    """The state of one interpretation, for one dialect."""

    keras: Dialect
    evaluate: Callable[[Machine, ast.expr, Frame], Value]
    execute: Callable[[Machine, list[ast.stmt], Frame], Signal | None]
    call: Callable[[Machine, Value, Arguments, Place], Value]
    assign: Callable[[Machine, ast.expr, Value, Frame], None]
    budget: int = 160_000
    share: int = 0
    """What is left of the budget when the present entry has used up its own share."""
    pressed_at: int = 0
    """What is left when the present entry has used up so much that it leaves out what cannot bear on a weight."""
    depth_limit: int = 24
    journal: list[tuple[dict[Any, Value], object, Value | Missing]] = field(default_factory=list)
    tapes: frozenset[int] = frozenset()
    phase: Phase = Phase.SCRIPT
    depth: int = 0
    calls_functions: bool = True
    """False while a statement runs that has nothing to do with weights: what it calls is left opaque."""
    next_tape: int = 1
    calling: list[Function] = field(default_factory=list)
    called_at_places: list[Place] = field(default_factory=list)
    """Where each of those was called."""
    running: tuple[int, ...] = ()
    """The runs of functions that `calling` lists, each with a number of its own."""
    runs: int = 0
    setup_calls: dict[ast.AST, set[ast.AST]] = field(default_factory=dict)
    """Calls of methods outside every tape where the object was made, with the methods that stand between."""
    forward_calls: dict[ast.AST, set[ast.AST | None]] = field(default_factory=dict)
    """Calls of methods under a tape, or in a forward pass, with the functions that were called first there."""
    variables: list[Variable] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    losses: list[Origins] = field(default_factory=list)
    models: list[LibraryObject] = field(default_factory=list)
    """The functional and sequential models that the present script or function has made itself."""
    trained: dict[int, Origins] = field(default_factory=dict)
    """What the losses that functional and sequential models were compiled with come to, by the model's identity."""
    compiled: dict[int, Value] = field(default_factory=dict)
    """The losses that models were compiled with, by the model's identity, where they are the program's own."""
    compiled_models: list[Instance] = field(default_factory=list)
    """The models of the project's own classes among those, which the present script or function has compiled."""
    loss_objects: list[tuple[Value, Instance]] = field(default_factory=list)
    """The models that the present script or function has compiled, with the objects that their losses are."""
    restored: set[int] = field(default_factory=set)
    """The functional and sequential models whose weights were read from somewhere, or that are only evaluated."""
    fitted: set[int] = field(default_factory=set)
    """Those that are fitted."""
    classes: list[Class] = field(default_factory=list)
    instances: list[tuple[Instance, Arguments]] = field(default_factory=list)
    """The objects that the present script or function has made itself, with what their constructors were given."""
    functions: dict[ast.AST, Function] = field(default_factory=dict)
    executed: set[ast.AST] = field(default_factory=set)
    watched: list[tuple[int, Value]] = field(default_factory=list)
    renumbered: dict[int, int] = field(default_factory=dict)
    """The number of the present recording of each tape that was reset."""
    resets: dict[int, Place] = field(default_factory=dict)
    """Where recordings were forgotten."""
    entered: dict[int, Phase] = field(default_factory=dict)
    """The tapes that were entered by hand, and what ran before."""
    unsure: set[int] = field(default_factory=set)
    """The tapes of which it is not known when they record."""
    conversions: dict[Class, Value] = field(default_factory=dict)
    """What the program has registered to make tensors of objects, by their classes."""
    expects_missing: int = 0
    expects_keys: int = 0
    sure_keys: int = 0
    """How often a dict was asked for a key that it provably has."""
    unsure_keys: int = 0
    """How often an element was asked for of which it is not known whether it is there."""
    raised: int = 0
    """How many calls could end only by raising: what they would have done is not seen."""
    doubts: int = 0
    """How many conditions that are not known the present code stands under."""
    forks: int = 0
    """How many branches the present code stands in of which another one may run instead."""
    making: tuple[frozenset[int], Place] | None = None
    """While an object is made under tapes: those, and the outermost call of a class."""
    runs_every_call: bool = False
    """True while something runs that each call of a carrier runs anew."""
    reading: set[int] = field(default_factory=set)
    """The containers and functions being walked through, so that one that holds itself is walked once."""
    known_results: dict[Any, Value] = field(default_factory=dict)
    """What functions that have nothing to do with weights gave for constant arguments."""
    bijector_results: dict[Any, Value] = field(default_factory=dict)
    """What bijectors gave outside every tape, by bijector, direction and where their argument was made."""
    caches: dict[Any, Value] = field(default_factory=dict)
    states: dict[Any, Value] = field(default_factory=dict)
    """What library objects keep in variables of their own, beside the object, by its identity."""
    resumed: tuple[ast.AST, Callable[[Value], None]] | None = None
    """The generator that a `with` has entered, and what is to run where it yields."""
    defining: list[Class] = field(default_factory=list)
    """The classes that metaclasses are making."""
    finder: ModuleFinder | None = None
    modules: dict[str, Module] = field(default_factory=dict)
    """The project's modules that have been loaded, by path."""
    load: Callable[[Machine, Imported], Value] = lambda machine, imported: UNKNOWN
    unvalued: set[Variable] | None = None
    """The weights made since Keras 3 began to run `call` in order to build a layer; None while it does not."""
    valued: dict[Any, Value] = field(default_factory=dict)
    """The weights of stock layers that have been made."""
    called_at: ast.AST | None = None
    """The outermost call of a layer that is running."""
    traces: dict[Any, Value] = field(default_factory=dict)
    """What functions under `tf.function` keep: a `Trace` each, by their node, scope and receiver."""
    replayed: tuple[Trace, ...] = ()
    """The traces of the functions that are running."""
    draws_graphs: bool = False
    """Whether the program has left eager execution: what is computed is part of a graph then, and nothing is frozen."""
    asked_dialect: bool = False
    """Whether anything asked for the dialect: if nothing did, the other one comes to the same."""

    @property
    def dialect(self) -> Dialect:
        """The dialect, for what differs between the two."""
        self.asked_dialect = True
        return self.keras

    def step(self) -> None:
        """Count one step of work.

        Raises:
            OutOfBudgetError: the file's share is used up.
        """
        self.budget -= 1
        if self.budget < self.share:
            raise OutOfBudgetError("too much code runs from here")

    @contextmanager
    def sharing(self, steps: int) -> Iterator[None]:
        """Allow what runs within at most `steps` of the file's budget."""
        before = self.share, self.pressed_at
        self.share = max(0, self.budget - steps)
        self.pressed_at = self.budget - steps // 4
        try:
            yield
        finally:
            self.share, self.pressed_at = before

    @property
    def pressed(self) -> bool:
        """Whether the present entry has to economize."""
        return self.budget < self.pressed_at

    # -- the journal ------------------------------------------------------------------------------------------

    def write(self, names: dict[Any, Value], key: object, value: Value) -> None:
        """Bind a name, attribute or element, so that a branch can be undone."""
        self.journal.append((names, key, names.get(key, Missing.MISSING)))
        names[key] = value

    def erase(self, names: dict[Any, Value], key: object) -> None:
        """Unbind a name, attribute or element."""
        if key in names:
            self.journal.append((names, key, names[key]))
            del names[key]

    def changes(self, mark: int) -> Delta:
        """What the slots written since `mark` hold now."""
        return {
            (id(names), key): (names, key, names.get(key, Missing.MISSING)) for names, key, _ in self.journal[mark:]
        }

    def undo(self, mark: int) -> None:
        """Take back everything written since `mark`."""
        while len(self.journal) > mark:
            names, key, before = self.journal.pop()
            if before is Missing.MISSING:
                names.pop(key, None)
            else:
                names[key] = before

    def apply(self, delta: Delta) -> None:
        """Write what `changes` gave."""
        for names, key, value in delta.values():
            if isinstance(value, Missing):
                self.erase(names, key)
            else:
                self.write(names, key, value)

    def merge(self, delta: Delta, mark: int) -> None:
        """Join the present state with another one that left the same state at `mark` and holds `delta`."""
        before: Delta = {}
        for names, key, value in self.journal[mark:]:
            before.setdefault((id(names), key), (names, key, value))
        for slot in {**before, **delta}:
            names, key, other = delta.get(slot) or before[slot]
            here = names.get(key, Missing.MISSING)
            if isinstance(other, Missing) or here is other:
                continue
            self.write(names, key, other if isinstance(here, Missing) else join(here, other))

    def branch(
        self,
        frame: Frame,
        first: Callable[[], Signal | None],
        second: Callable[[], Signal | None],
        doubtful: bool = True,
    ) -> Signal | None:
        """Run both of two branches from the same state, and join what they leave.

        `doubtful`: either of them may be the one that never runs.
        """
        mark = len(self.journal)
        self.doubts += doubtful
        self.forks += 1
        try:
            signal = first()
            delta = self.changes(mark)
            self.undo(mark)
            other = second()
        finally:
            self.doubts -= doubtful
            self.forks -= 1
        if signal is Signal.RAISE:
            return other
        if other is Signal.RAISE:
            self.undo(mark)
            self.apply(delta)
            return signal
        if signal is None and other is None:
            self.merge(delta, mark)
            return None
        if signal is not None and other is not None:
            frame.exits.append((mark, delta, signal))
            return other if other is signal or signal is not Signal.RETURN else signal
        if signal is not None:
            frame.exits.append((mark, delta, signal))
        else:
            frame.exits.append((mark, self.changes(mark), other))
            self.undo(mark)
            self.apply(delta)
        if doubtful and Signal.RETURN in (signal, other):  # what follows may never run, either
            self.doubts += 1
            frame.doubts += 1
        return None

    def settle(self, frame: Frame, since: int = 0, only: Signal | None = None) -> None:
        """Join the states of the branches that left early (`only` by one signal) with the one at the end."""
        for mark, delta, signal in reversed(frame.exits[since:]):
            if mark <= len(self.journal) and only in (None, signal):
                self.merge(delta, mark)
        frame.exits[since:] = [left for left in frame.exits[since:] if only not in (None, left[2])]

    # -- phases and tapes -------------------------------------------------------------------------------------

    @contextmanager
    def during(self, phase: Phase, tapes: frozenset[int] | None = None) -> Iterator[None]:
        """Run in another phase, and under exactly the given tapes."""
        before = self.phase, self.tapes
        self.phase = phase
        if tapes is not None:
            self.tapes = tapes
        try:
            yield
        finally:
            self.phase, self.tapes = before

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Run what draws a functional model: a weight that is read now is read again by each of its calls."""
        before = self.tapes
        self.tapes = before | {DRAWN}
        try:
            yield
        finally:
            self.tapes = before

    @contextmanager
    def doubting(self) -> Iterator[None]:
        """Run what may never run."""
        self.doubts += 1
        try:
            yield
        finally:
            self.doubts -= 1

    @contextmanager
    def calling_functions(self) -> Iterator[None]:
        """Call what is called within, whatever the statement around it has to do with."""
        before, self.calls_functions = self.calls_functions, True
        try:
            yield
        finally:
            self.calls_functions = before

    def forget_made(self) -> None:
        """Begin another script or function, which has made and compiled nothing yet."""
        self.instances.clear()
        self.models.clear()
        self.compiled_models.clear()
        self.loss_objects.clear()

    @contextmanager
    def every_call(self) -> Iterator[None]:
        """Run what each call of a carrier or layer runs anew, and with it what that makes."""
        before, self.runs_every_call = self.runs_every_call, True
        try:
            yield
        finally:
            self.runs_every_call = before

    @contextmanager
    def walking(self, one: object) -> Iterator[None]:
        """Walk through what may lead back to itself; whoever does asks `reading` first. Far down it is work."""
        if len(self.reading) > DEEP:
            self.step()
        self.reading.add(id(one))
        try:
            yield
        finally:
            self.reading.discard(id(one))

    def number_of(self, tape: Tape) -> int:
        """The number of a tape's present recording."""
        return self.renumbered.get(tape.number, tape.number)

    def new_tape(self) -> int:
        """A number for one recording."""
        self.next_tape += 1
        return self.next_tape - 1
