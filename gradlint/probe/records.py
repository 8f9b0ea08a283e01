"""What a recorder writes down: reads of weights, operations, values that left TensorFlow, attributes overwritten."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from gradlint.probe import hooks
from gradlint.probe.frames import Moment
from gradlint.run import Phase

WITHOUT_DATA = frozenset(
    {"OnesLike", "ZerosLike", "Shape", "ShapeN", "Size", "Rank", "VarIsInitializedOp", "VariableShape"}
)
"""Operations that look at a tensor's form only: nothing of its value travels on."""

LEFT = "leaves TensorFlow"
"""What stands for an operation where a tensor becomes an array or a number."""

GIVEN_BY_TAPE = "GradientTape.gradient"
"""What stands for the operations by which a tape answers, where no other tape records them."""

_ASSIGNMENTS = ("Assign", "ResourceScatter", "ResourceStridedSliceAssign", "MakeIterator")


@dataclass(frozen=True, eq=False)
class Read:
    """A weight turned into a plain value. `reader` is the index in `moment` of the frame that reads it by name."""

    handle: int
    moment: Moment
    reader: int
    phase: Phase
    serial: int


@dataclass(frozen=True, eq=False)
class Origin:
    """What a tensor was computed from: a node of a graph that holds no tensors."""

    operation: str
    moment: Moment
    reads: tuple[Read, ...]
    parents: tuple[Origin, ...]
    of_gradient: bool = False
    """Whether it goes back to what a tape answered, as the step of an optimizer does."""

    def all_reads(self) -> tuple[Read, ...]:
        """Every read that this value goes back to, in the order in which they happened."""
        seen: set[int] = set()
        reads: dict[int, Read] = {}
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if id(node) not in seen:
                seen.add(id(node))
                reads.update((read.serial, read) for read in node.reads)
                waiting.extend(node.parents)
        return tuple(reads[serial] for serial in sorted(reads))


@dataclass(frozen=True, eq=False)
class Leaving:
    """A tensor's value that left TensorFlow, as an array or a number."""

    origin: Origin
    value: Any
    """A weak reference to an array, or the number itself."""
    moment: Moment
    phase: Phase

    def kept(self) -> Any:
        """The array or number, or None where nobody holds the array any more."""
        return self.value() if isinstance(self.value, weakref.ref) else self.value


@dataclass(frozen=True, eq=False)
class Event:
    """One operation of a forward pass, with its tensors."""

    operation: str
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    moment: Moment
    reads: tuple[int, ...] = ()
    handles: tuple[int, ...] = ()
    paused: bool = False
    attributes: tuple[Any, ...] = ()
    outside: bool = False
    """Whether it ran outside of the block of the program's own tape that is asked."""
    layer: Any = None
    """The layer whose `call` it ran in, where no line of the user's did."""


@dataclass(frozen=True, eq=False)
class Overwriting:
    """An attribute that held a variable was set to what was computed from weights.

    Both objects are held: Keras 2 and `tf.Module` forget the variable, and it is to be asked about.
    """

    owner: Any
    name: str
    before: Any
    origin: Origin
    moment: Moment
    phase: Phase

    def lasts(self) -> bool:
        """Whether the attribute was not given back its variable."""
        return not stands_for(vars(self.owner).get(self.name), self.before)


def assigns(operation: str) -> bool:
    """Whether an operation changes a variable, or what an iterator gives."""
    return operation.startswith(_ASSIGNMENTS)


def stands_for(value: Any, variable: Any) -> bool:
    """Whether `value` is the variable, or what a user calls by the same name.

    That is a Keras 3 variable around it, a `TransformedVariable` or a `DeferredTensor` over it.
    """
    if value is variable:
        return True
    held = vars(value).get("_pretransformed_input") if hasattr(value, "__dict__") else None
    return any(each is variable for each in (held, *hooks.copies_in(value), *hooks.copies_in(held)))
