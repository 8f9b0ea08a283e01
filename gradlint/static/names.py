"""One canonical name for everything of a library, however it was imported."""

from __future__ import annotations

from functools import lru_cache

PREFIXES: tuple[tuple[str, str], ...] = (
    ("tensorflow_probability.substrates", "tfp.substrates"),
    ("tensorflow_probability.python.math.psd_kernels", "tfp.math.psd_kernels"),
    ("tensorflow_probability.python", "tfp"),
    ("tensorflow_probability", "tfp"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.compat.v2", "tf"),
    ("tensorflow", "tf"),
    ("tf_keras.api._v2.keras", "keras"),
    ("tf_keras.src", "keras"),
    ("tf_keras", "keras"),
    ("keras.src", "keras"),
    ("keras.api", "keras"),
    ("tf.keras", "keras"),
    ("tf.compat.v2", "tf"),
    ("numpy", "np"),
    ("keras.engine.base_layer", "keras.layers"),
    ("keras.engine.training", "keras"),
    ("tf.initializers", "keras.initializers"),
    ("tf.losses", "keras.losses"),
    ("tf.optimizers", "keras.optimizers"),
    ("tf.metrics", "keras.metrics"),
)
"""In order; the first that fits is applied, and then the rest once more."""

ALIASES = {
    "keras.layers.Model": "keras.Model",
    "keras.models.Model": "keras.Model",
    "keras.models.Sequential": "keras.Sequential",
    "keras.Layer": "keras.layers.Layer",
    "keras.layers.InputLayer": "keras.Input",
    "keras.layers.Input": "keras.Input",
    "keras.layers.core.Layer": "keras.layers.Layer",
    "tf.contrib.distributions": "tfp.distributions",
    "tf.sparse.SparseTensor": "tf.SparseTensor",
    "tfp.util.deferred_tensor.DeferredTensor": "tfp.util.DeferredTensor",
    "tfp.util.deferred_tensor.TransformedVariable": "tfp.util.TransformedVariable",
}
"""Public names that are spelled in more than one way."""

FAMILIES = (
    "tfp.distributions.",
    "tfp.bijectors.",
    "tfp.math.psd_kernels.",
    "tfp.util.",
    "keras.layers.",
    "keras.losses.",
)
"""Packages whose public names are often imported from their inner modules."""


INNER = ("sonnet.src.",)
"""Packages whose modules stand behind a public package, which names what they hold without them."""


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The canonical form of a dotted name.

    >>> canonical("tensorflow_probability.python.distributions.normal.Normal")
    'tfp.distributions.Normal'
    >>> canonical("sonnet.src.once.once")
    'sonnet.once'
    """
    for before, after in PREFIXES:
        if name == before or name.startswith(before + "."):
            name = after + name[len(before) :]
    for family in FAMILIES:
        last = name.rpartition(".")[2]
        if name.startswith(family) and last[:1].isupper():
            name = family + last
    if name.startswith(INNER) and name.count(".") > 2:
        name = f"{name.partition('.')[0]}.{name.rpartition('.')[2]}"
    return ALIASES.get(name, name)
