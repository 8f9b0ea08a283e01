"""The inputs of a probe: given, made by a callable, described by a shape, or taken from the model's own spec."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.probe.errors import ProbeError, described
from gradlint.probe.recording import hooks

BATCH = 2
UNKNOWN_SIZE = 8
"""What an unknown dimension beyond the batch becomes."""

Maker = Callable[[], Any]
"""Gives fresh inputs for one call of the model."""


@dataclass(frozen=True)
class InputShape:
    """A shape as the command line takes it: `4,100` or `4,100:int32`."""

    shape: tuple[int, ...]
    dtype: str = "float32"


def parse_shape(text: str) -> InputShape:
    """Read `4,100` or `4,100:int32`.

    Raises:
        ProbeError: it is neither.
    """
    sizes, _, dtype = text.partition(":")
    try:
        shape = tuple(int(size) for size in sizes.replace(" ", "").strip("()[]").split(",") if size)
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise ProbeError(
            f"cannot read the input shape {text!r}: write sizes and, if it is not float32, a dtype: 4,100:int32"
        )
    name = dtype.strip() or "float32"
    try:
        hooks.tensorflow().as_dtype(name)
    except TypeError:
        raise ProbeError(f"cannot read the input shape {text!r}: TensorFlow knows no dtype {name!r}") from None
    return InputShape(shape, name)


def maker(inputs: Any) -> Maker:
    """Something that gives a fresh copy at every call: a bijector's cache must not meet the same tensor twice."""
    if callable(inputs) and not hooks.is_variable(inputs):
        return lambda: _made(inputs)
    if isinstance(inputs, hooks.tensorflow().data.Dataset):
        first = next(iter(inputs), None)
        if first is None:
            raise ProbeError("the dataset given as inputs is empty: give one that yields at least one element")
        return maker(first)
    return lambda: _fresh(inputs)


def _made(make: Callable[[], Any]) -> Any:
    name = getattr(make, "__name__", type(make).__name__)
    try:
        return make()
    except ProbeError:
        raise
    except Exception as error:
        raise ProbeError(f"`{name}`, which makes the inputs, raised {described(error)}") from error


def from_shapes(shapes: Sequence[InputShape]) -> Maker:
    """Inputs of the shapes given on the command line; several are passed as a list."""
    made = [_sample(each.shape, each.dtype, index) for index, each in enumerate(shapes)]
    return maker(made[0] if len(made) == 1 else made)


def from_model(model: Any) -> Maker:
    """Inputs after the model's own input spec.

    Raises:
        ProbeError: it has none.
    """
    symbols = symbols_of(model)
    if symbols is None:
        raise ProbeError(
            f"`{type(model).__name__}` does not say what inputs it takes: pass them (`inputs=…`, "
            "or `--input-shape 4,100` or `--inputs FILE:callable` on the command line)"
        )
    return like(symbols)


def like(symbols: Any) -> Maker:
    """Inputs of the shapes and kinds that symbols or specs have; where replicas get one each, what the first gets."""
    nest = hooks.tensorflow().nest
    count = iter(range(1000))

    def one(symbol: Any) -> Any:
        symbol = nest.flatten(symbol, expand_composites=True)[0]
        return _sample(_known(tuple(symbol.shape)), _dtype_name(symbol.dtype), next(count))

    return maker(nest.map_structure(one, symbols))


def symbols_of(model: Any) -> Any:
    """The model's own symbolic inputs, or None where it has none."""
    for name in ("input", "inputs"):
        try:
            symbols = getattr(model, name, None)
        except (AttributeError, ValueError, RuntimeError):  # Keras raises where a layer was never called
            symbols = None
        flat = hooks.tensorflow().nest.flatten(symbols)
        if symbols is not None and flat and all(hasattr(each, "shape") and hasattr(each, "dtype") for each in flat):
            return flat[0] if len(flat) == 1 and not isinstance(symbols, dict) else symbols
    return None


def _known(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(size if size is not None else (UNKNOWN_SIZE if index else BATCH) for index, size in enumerate(shape))


def _dtype_name(dtype: Any) -> str:
    return str(hooks.tensorflow().as_dtype(dtype).name)


def _sample(shape: tuple[int, ...], dtype: str, index: int) -> Any:
    """Fixed numbers between 0 and 1: also fit for a logarithm, and for an embedding that is fed floats."""
    tf = hooks.tensorflow()
    wanted = tf.as_dtype(dtype)
    if wanted == tf.string:
        return tf.fill(shape, "text")
    if wanted.is_floating:
        return tf.cast(tf.random.stateless_uniform(shape, seed=(index, 7)), wanted)
    return tf.cast(tf.random.stateless_uniform(shape, seed=(index, 7), maxval=2, dtype=tf.int32), wanted)


def _fresh(inputs: Any) -> Any:
    tf = hooks.tensorflow()

    def one(value: Any) -> Any:
        if hooks.is_variable(value):
            return value
        if isinstance(value, tf.Tensor):
            return tf.identity(value)
        if isinstance(value, (tf.SparseTensor, tf.RaggedTensor)):
            return tf.nest.map_structure(tf.identity, value, expand_composites=True)
        return copy.copy(value)

    return tf.nest.map_structure(one, inputs)
