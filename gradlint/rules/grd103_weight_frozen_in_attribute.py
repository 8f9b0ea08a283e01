"""# weight-frozen-in-attribute (GRD103)

## What happens
The weight gets no gradient. `build` or `__init__` computes a tensor from it and keeps the tensor on
`self`; the forward pass reads the tensor and never the weight.

## Why
The tensor is a copy of what the weight held when the layer was built. Training would change the weight;
the copy stays. In Keras 1 and other graph-mode code the slice was a part of the graph, which is why
recurrent cells of that time split their kernels in `build`.

The same happens to a variable that starts from the tensor (`tf.Variable(self.kernel * 0.1)`): it trains
by itself, from a copy, and `kernel` is left behind.

What to write instead: keep the weight on `self`, and compute in `call`, or in a property that `call`
reads. An attribute that is the weight itself (`self.alias = self.kernel`) is sound.

## Broken
```python keras=2,3 none=kernel
import tensorflow as tf


class Gated(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 8])
        self.gate, self.value = tf.split(self.kernel, 2, axis=1)

    def call(self, x):
        return tf.sigmoid(x @ self.gate) * (x @ self.value)


def make_model():
    return Gated()


def inputs():
    return tf.random.normal([4, 3])
```

## Sound
```python keras=2,3 ok=kernel
import tensorflow as tf


class Gated(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 8])

    def call(self, x):
        gate, value = tf.split(self.kernel, 2, axis=1)
        return tf.sigmoid(x @ gate) * (x @ value)


def make_model():
    return Gated()


def inputs():
    return tf.random.normal([4, 3])
```

## Fix safety
As for GRD101: `--fix` makes the value a property. A random number that went into it stays the one that setup drew: it
is kept in an attribute of its own. What initializes another variable is left alone. It is unsafe where the attribute
is a copy of the weight beside another value that is computed from it: it may be meant to keep the start.

## Known missed
- The tensor is kept under a computed name.
- It is kept in an object of another library: the linter says at most that the weight is not used (GRD301).
- A function of a package that gradlint does not know gets the whole weight and returns the tensor.

## Known false alarms
- An attribute that a function of another package overwrites before each call.
- A snapshot on purpose beside a live way of the same weight is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD103",
    name="weight-frozen-in-attribute",
    summary="A tensor computed from a weight in setup is kept on `self` and read by the forward pass",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
