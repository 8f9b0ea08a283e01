"""What a recorder writes down: reads of weights, operations, values that left TensorFlow, attributes overwritten."""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any

from gradlint.probe.recording import hooks
from gradlint.probe.recording.frames import Moment, origin_of
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
    discrete: bool = False
    """Whether it gives whole numbers or truth values, which have no derivatives."""

    def nearest_reads(self) -> tuple[Read, ...]:
        """Every read that this value goes back to, those first that the fewest operations lie behind."""
        seen: set[int] = set()
        reads: dict[int, Read] = {}
        waiting = deque([self])
        while waiting:
            node = waiting.popleft()
            if id(node) not in seen:
                seen.add(id(node))
                reads.update((read.serial, read) for read in node.reads)
                waiting.extend(node.parents)
        return tuple(reads.values())

    def all_reads(self) -> tuple[Read, ...]:
        """Every read that this value goes back to, in the order in which they happened."""
        return tuple(sorted(self.nearest_reads(), key=lambda read: read.serial))


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


def is_told(moment: Moment) -> bool:
    """Whether a value left at a line of the user's, not inside a library's look at it."""
    passed: list[str] = []
    for mark in moment:
        origin = origin_of(mark.code.co_filename)
        if origin == "user":
            called = next((name for name in reversed(passed) if name not in _WRAPPERS), None)
            return called in _GIVING_NUMBERS or all(name in _OPEN_DOORS for name in passed)
        if origin == "framework":
            passed.append(mark.code.co_name)
    return False


_OPEN_DOORS = frozenset(
    {
        "numpy", "__array__", "__float__", "__int__", "__bool__", "read_value", "numpy_function", "py_func_common",
        "get_value", "batch_get_value", "convert_to_numpy", "eval", "<listcomp>", "error_handler",
        "op_dispatch_handler", "wrapper", "decorated", "_numpy", "__complex__", "__index__", "binary_op_wrapper",
        "cond", "cond_for_tf_v2", "case", "case_v2", "switch_case", "_indexed_case_helper", "while_loop",
        "while_loop_v2", "new_func",
    }
)  # fmt: skip
"""Functions of the frameworks whose purpose is to hand values out, or to go on as a value says."""

_WRAPPERS = frozenset({"error_handler", "wrapper", "decorated"})
_GIVING_NUMBERS = frozenset({"predict", "predict_on_batch", "get_weights"})
"""Functions that give numbers, whatever else they do with values inside."""
