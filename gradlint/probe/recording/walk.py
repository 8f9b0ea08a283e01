"""Finds objects again by walking the model: `model.layers[2].dist.loc`."""

from __future__ import annotations

import functools
import heapq
import itertools
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gradlint.probe.recording import hooks
from gradlint.run import Kind

LIMIT = 200_000
"""How many objects a walk visits before it gives up on the rest."""

_PRIVATE, _LISTED = 8, 2
"""What a private name or an index into `layers` costs against a public attribute."""

_BOOKKEEPING = frozenset(
    {
        "_self_unconditional_checkpoint_dependencies",
        "_self_unconditional_dependency_names",
        "_self_unconditional_deferred_dependencies",
        "_obj_reference_counts_dict",
        "_tracker",
    }
)
"""Where frameworks note a second time what an object holds: no name that a user would call it by."""

_LEAVES = (str, bytes, int, float, complex, bool, type(None), type, types.ModuleType, types.CodeType, types.FrameType)


@dataclass(frozen=True)
class Found:
    """An object on the model: its path, and what keeps it there."""

    path: str
    holder: Any
    value: Any


def walk(root: Any, name: str = "model") -> dict[int, Found]:
    """Every object that can be reached from `root`, by its id, under its shortest public path.

    The ids hold as long as `root` does.
    """
    found: dict[int, Found] = {}
    count = itertools.count()
    openers: dict[type, Opener] = {}
    waiting: list[tuple[int, int, str, Any, Any]] = [(0, next(count), name, root, None)]
    while waiting and len(found) < LIMIT:
        cost, _, path, value, holder = heapq.heappop(waiting)
        if id(value) in found:
            continue
        found[id(value)] = Found(path, holder, value)
        kind = type(value)
        opener = openers.get(kind)
        if opener is None:
            opener = _opener(value)
            if value.__class__ is kind:  # what stands in for any other object is asked each time
                openers[kind] = opener
        for price, suffix, child in opener(value):
            if not isinstance(child, _LEAVES) and id(child) not in found:
                heapq.heappush(waiting, (cost + price, next(count), path + suffix, child, value))
    return found


def variables_in(root: Any) -> list[Any]:
    """Every `tf.Variable` that can be reached from `root`."""
    return [each.value for each in walk(root).values() if hooks.is_variable(each.value)]


Child = tuple[int, str, Any]
"""What it costs to go to an object, what its path is called beyond that of its holder, and the object."""

Opener = Callable[[Any], Iterable[Child]]


def _opener(value: Any) -> Opener:
    """How to look into a value: by what kind of thing it is."""
    tf = hooks.tensorflow()
    kinds = (tf.Tensor, tf.distribute.Strategy)
    if isinstance(value, kinds) or hooks.is_variable(value) or type(value).__module__ == "numpy":
        return _nothing
    if hooks.may_hold_copies(value):
        return _copies
    return next((opener for kind, opener in _OPENERS.items() if isinstance(value, kind)), _attributes)


def _nothing(value: Any) -> Iterable[Child]:
    return ()


def _copies(value: Any) -> Iterable[Child]:
    copies = hooks.copies_in(value)
    if not copies:
        return _attributes(value)
    return [(_PRIVATE, f".values[{index}]", child) if index else (0, "", child) for index, child in enumerate(copies)]


def _entries(value: dict[Any, Any]) -> Iterable[Child]:
    return [(1, f"[{_shown(key)}]", child) for key, child in list(value.items())]


def _shown(key: Any) -> str:
    """A key as a path shows it. What it says of itself may run code of the user's, which is not asked for."""
    return repr(key) if type(key) in _LEAVES else type(key).__name__


def _members(value: Iterable[Any]) -> Iterable[Child]:
    return [(1, f"[{index}]", child) for index, child in enumerate(value)]


def _of_partial(value: functools.partial[Any]) -> Iterable[Child]:
    yield from ((1, f".args[{index}]", child) for index, child in enumerate(value.args))
    yield from ((1, f".keywords[{key!r}]", child) for key, child in value.keywords.items())
    yield 1, ".func", value.func


def _of_method(value: types.MethodType) -> Iterable[Child]:
    return [(1, ".__self__", value.__self__)]


def _of_function(value: types.FunctionType) -> Iterable[Child]:
    for cell_name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
        try:
            yield 1, f".{cell_name}", cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            continue
    yield from ((1, f".__defaults__[{index}]", child) for index, child in enumerate(value.__defaults__ or ()))


_OPENERS: dict[type | tuple[type, ...], Opener] = {
    dict: _entries,
    (list, tuple, set, frozenset): _members,
    functools.partial: _of_partial,
    types.MethodType: _of_method,
    types.FunctionType: _of_function,
}


def _attributes(value: Any) -> Iterator[Child]:
    attributes = getattr(value, "__dict__", None)
    if not isinstance(attributes, dict):
        return
    inner = attributes.get("_pretransformed_input")
    if inner is not None:
        # Users call a TransformedVariable by its own name, never by that of the variable in it.
        yield 0, "", inner
    parameters = attributes.get("_parameters")
    if isinstance(parameters, dict) and is_probabilistic(value):
        for key, child in list(parameters.items()):
            if key not in ("self", "__class__"):
                yield 1, f".{key}", child
    for key, child in list(attributes.items()):
        if isinstance(key, str) and not key.startswith("_"):
            yield 1, f".{key}", child
    layers = attributes.get("_layers") or attributes.get("_self_tracked_trackables")
    if layers is not None and hasattr(type(value), "layers"):
        for index, child in enumerate(value.layers):
            yield _LISTED, f".layers[{index}]", child
    for key, child in list(attributes.items()):
        if isinstance(key, str) and key.startswith("_") and key not in _BOOKKEEPING:
            public = key.lstrip("_")
            if isinstance(getattr(type(value), public, None), property):
                yield 1, f".{public}", child
            else:
                yield _PRIVATE, f".{key}", child


def is_probabilistic(value: Any) -> bool:
    """Whether it is a distribution or a bijector, which list what they were made of."""
    probability = hooks.probability()
    return probability is not None and isinstance(
        value, (probability.distributions.Distribution, probability.bijectors.Bijector)
    )


def kind_of(holder: Any) -> Kind:
    """What kind of thing keeps a value."""
    tf = hooks.tensorflow()
    probability = hooks.probability()
    if probability is not None:
        distributions = probability.distributions
        kernels = getattr(probability.math, "psd_kernels", None)
        if isinstance(holder, distributions.JointDistribution):
            return Kind.JOINT_DISTRIBUTION
        if isinstance(holder, distributions.LinearGaussianStateSpaceModel):
            return Kind.STATE_SPACE_MODEL
        if isinstance(holder, distributions.Distribution):
            return Kind.DISTRIBUTION
        if isinstance(holder, probability.bijectors.Bijector):
            return Kind.BIJECTOR
        if kernels is not None and isinstance(holder, kernels.PositiveSemidefiniteKernel):
            return Kind.KERNEL
        if isinstance(holder, probability.util.DeferredTensor):
            return Kind.DEFERRED
    if isinstance(holder, tf.linalg.LinearOperator):
        return Kind.LINEAR_OPERATOR
    if isinstance(holder, tf.SparseTensor):
        return Kind.SPARSE_TENSOR
    if isinstance(holder, tf.RaggedTensor):
        return Kind.RAGGED_TENSOR
    if isinstance(holder, functools.partial):
        return Kind.PARTIAL
    if hooks.is_variable(holder):
        return Kind.VARIABLE
    return Kind.ATTRIBUTE
