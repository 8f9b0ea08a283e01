"""# operation-without-gradient (GRD202)

## What happens
The only way from a weight to the loss goes through an operation that has no gradient. For most of them
(`tf.round`, `tf.floor`, `tf.argmax`, `tf.argsort`, `tf.searchsorted`, `//`) the tape answers None; for some
(`tf.unique`, `tf.linalg.logm`) it raises a LookupError, "gradient registry has no entry for: Unique".

## Why
These functions are steps or indices: flat almost everywhere, so their true derivative is zero and would
teach nothing. TensorFlow returns None instead. It depends on the operation, not on what it looks like:
`tf.sort`, `tf.math.top_k(…).values`, `tf.clip_by_value` and `%` pass a gradient, `tf.sign` gives one that is
all zeros.

What to write instead: a smooth stand-in (`tf.nn.softmax` for `argmax`, `tf.sigmoid` for a step), or a
straight-through estimator, which computes the step forward and passes the gradient as if it were not
there: `x + tf.stop_gradient(tf.round(x) - x)`.

## Broken
```python keras=2,3 none=kernel
import tensorflow as tf


class QuantizedDense(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])

    def call(self, x):
        kernel = tf.round(self.kernel)
        return x @ kernel


def make_model():
    return QuantizedDense()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=kernel
import tensorflow as tf


class QuantizedDense(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])

    def call(self, x):
        kernel = self.kernel + tf.stop_gradient(tf.round(self.kernel) - self.kernel)
        return x @ kernel


def make_model():
    return QuantizedDense()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: a stand-in computes something else, and a straight-through gradient is a choice
of the model's author.

## Known missed
- An operation that gradlint's measured tables do not hold: custom ones, and those of `tf.raw_ops` whose arguments the
  measuring script cannot guess.
- A gradient that is there but zero (`tf.sign`, a saturated `tf.clip_by_value`): only a probe sees it.

## Known false alarms
- A metric or a prediction that nobody trains through: the weight then has a live way elsewhere, and if
  gradlint sees that way, it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run, Stop

RULE = Rule(
    code="GRD202",
    name="operation-without-gradient",
    summary="An operation without gradient stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use a differentiable stand-in, or a straight-through estimator: `x + tf.stop_gradient(f(x) - x)`"
SAMPLE = "that is a sample: use its `log_prob` with a score-function loss, or a relaxed one; leave it if it is intended"
PIPELINE = "compute with the weight in the loop over the dataset: a pipeline runs apart from every tape"
INDICES = "use its values, which have a gradient, or weigh all of them"


def _remedy(place: Stop) -> str:
    last = place.name.rpartition(".")[2]
    if "categorical" in last and "crossentropy" not in last:
        return SAMPLE
    if place.name.startswith("tf.data."):
        return PIPELINE
    return INDICES if last == "indices" else REMEDY


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.NO_GRADIENT}), _remedy)
