"""# value-carried-through-assign (GRD206)

## What happens
The forward pass writes a value into a variable (`assign`, `assign_add`, `scatter_nd_update`) and reads
the variable back. What went into the value gets no gradient.

## Why
A read of a variable is a beginning to the tape: it records that the variable was read, and not what was
written before. The gradient ends at the variable. If that one is trainable, it even gets the gradient
that the weight should have had.

What to write instead: go on with the tensor itself, and assign it beside that if the variable is needed
(for a checkpoint, for the next step).

What `assign` returns is not the tensor either. On a `tf.Variable` it gives None for what was assigned; on a
Keras 3 weight it happens to return the new value, with its gradient. Do not lean on either.

## Broken
```python keras=2,3 none=log_scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])
        self.current = self.add_weight(name="current", shape=[3], trainable=False)

    def call(self, x):
        scale = tf.exp(self.log_scale)
        self.current.assign(scale)
        return x * self.current


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=log_scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])
        self.current = self.add_weight(name="current", shape=[3], trainable=False)

    def call(self, x):
        scale = tf.exp(self.log_scale)
        self.current.assign(scale)
        return x * scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: for `assign_add` and the scatter methods the tensor and the variable's content
are not the same value.

## Known missed
- Values that go through a hash table or a queue kept on `self`: the linter says at most that the weight is not
  used (GRD301). A `tf.TensorArray` passes the gradient if it was written under the same tape.

## Known false alarms
- State that is meant to break the way, as in truncated back-propagation through stored states. Say so:
  `# gradlint: ignore[GRD206] truncated here on purpose`.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run, Stop

RULE = Rule(
    code="GRD206",
    name="value-carried-through-assign",
    summary="A value is carried to the loss through `assign`",
    severity=Severity.WARNING,
)
REMEDY = "use the tensor itself instead of the variable that it was assigned to"
METRIC = "a metric keeps what it is given in variables: compute the loss by a function of `tf.keras.losses`"


def _remedy(place: Stop) -> str:
    return METRIC if place.name.startswith("keras.metrics.") else REMEDY


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.ASSIGN}), _remedy)
