"""Asks the stock layers of an installed Keras under which attributes they keep their own weights."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

ARGUMENTS: dict[str, Any] = {
    "units": 3,
    "filters": 2,
    "kernel_size": 2,
    "input_dim": 5,
    "output_dim": 3,
    "num_heads": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 2,
    "key_dim": 2,
    "equation": "ab,bc->ac",
    "output_shape": 3,
    "size": 2,
    "groups": -1,
}
"""What a constructor is given for a parameter that it asks for."""
SHAPES = ([2, 4], [2, 4, 3], [2, 4, 4, 3], [2, 4, 4, 4, 3], [2, 4, 4, 4, 4, 3])


def attempts(found: Any) -> Iterator[Any]:
    """Layers of a class that have been called, in every shape that one of them takes."""
    parameters = inspect.signature(found.__init__).parameters.values()
    needed = {p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD} - {"self"}
    if not needed <= ARGUMENTS.keys():
        return
    for shape in SHAPES:
        for given in ([tf.ones(shape)], [tf.ones(shape), tf.ones(shape)]):
            try:
                layer = found(**{name: ARGUMENTS[name] for name in needed})
                layer(*given)
            except Exception:
                continue
            yield layer


def attributes_of(layer: Any) -> dict[str, bool]:
    """The attributes that are weights of the layer's own, and whether each is trained."""
    own = {id(weight): id(weight) in map(id, layer.trainable_weights) for weight in layer.weights}
    found = {}
    for name in sorted(dir(layer)):
        if not name.startswith("__"):
            try:
                value = getattr(layer, name)
            except Exception:
                continue
            if id(value) in own:
                found[name] = own[id(value)]
    return found


def measure() -> dict[str, dict[str, bool]]:
    """Every layer of `keras.layers` that has weights of its own under a name, by its canonical name."""
    warnings.simplefilter("ignore")
    table = {}
    for name in sorted(dir(tf.keras.layers)):
        found = getattr(tf.keras.layers, name)
        if inspect.isclass(found) and issubclass(found, tf.keras.layers.Layer):
            known = next((attributes_of(layer) for layer in attempts(found)), {})
            if known:
                table[f"keras.layers.{name}"] = known
    return table
