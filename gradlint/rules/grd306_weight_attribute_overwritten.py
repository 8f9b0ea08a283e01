"""# weight-attribute-overwritten (GRD306)

## What happens
`call` computes something from a weight and stores it under the weight's own attribute:
`self.kernel = self.kernel * mask`. The first call is right; after it the attribute is a plain tensor, the weight
does not train any more, and the tensor changes again with each call.

## Why
The second call reads the tensor that the first one left. In Keras 3 the variable stays listed, and its
gradient is None from the second call on. Keras 2 forgets the variable: assigning another value to the
attribute takes it out of `trainable_variables`, silently and at once, so that not even the first step trains
it. A `tf.Module` forgets it likewise.

In `fit` it is not silent: "<tf.Tensor …> is out of scope and cannot be used here", in both dialects, also with
`run_eagerly=True`.

`self.kernel *= mask` does the same to a Keras 3 weight. On a `tf.Variable`, and so in Keras 2, it raises a
RuntimeError.

What to write instead: give the computed tensor a name of its own, and leave the weight's attribute alone. If the
weight itself is to change, say `self.kernel.assign(…)`.

## Broken
### Keras 3: the gradient is None
```python keras=3 none=kernel
import tensorflow as tf


class Masked(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def call(self, x):
        self.kernel = self.kernel * 2.0
        return x * self.kernel


def make_model():
    return Masked()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2: the variable is forgotten
```python keras=2 forgotten=kernel
import tensorflow as tf


class Pruned(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def prune(self):
        self.kernel = tf.nn.relu(self.kernel)
        return self.kernel

    def call(self, x):
        return x * self.prune()


def make_model():
    return Pruned()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Keras 3: a name of its own
```python keras=3 ok=kernel
import tensorflow as tf


class Masked(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def call(self, x):
        kernel = self.kernel * 2.0
        return x * kernel


def make_model():
    return Masked()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2: a name of its own
```python keras=2 ok=kernel
import tensorflow as tf


class Pruned(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def prune(self):
        kernel = tf.nn.relu(self.kernel)
        return kernel

    def call(self, x):
        return x * self.prune()


def make_model():
    return Pruned()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
`--unsafe-fixes` gives what is computed a name of its own, from the statement on that overwrites the attribute. The
first call gives what it gave; it is unsafe since no call begins any more with what the call before it left, and
other methods that read the attribute see the weight itself. Where only those read it there is no fix.

## Known missed
- An attribute that is overwritten through `setattr` with a computed name.
- The weight of a stock layer, overwritten from outside (`self.dense.kernel = self.dense.kernel * mask`). Keras 2
  forgets it; Keras 3 raises an AttributeError.

## Known false alarms
- None known. A layer that swaps its kernel and restores it before it returns is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD306",
    name="weight-attribute-overwritten",
    summary="A weight's attribute is overwritten with a tensor computed from it",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
