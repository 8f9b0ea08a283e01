"""# cast-on-the-way (GRD203)

## What happens
The only way from a weight to the loss goes through a comparison (`x > self.threshold`, `tf.greater`, `==`)
or a cast to integers or truth values. The gradient is None. Casting back to float afterwards does not bring
it back.

## Why
Integers and truth values have no derivative: TensorFlow ends the gradient where the dtype ceases to be
floating or complex. Casts among floats, and from float to complex, pass it. A condition does not pass it
either: `tf.where(self.w > 0, 1.0, 2.0)` and a Python `if` give None for `w`, while `tf.where(self.w > 0,
self.w, 0.0)` is sound, by its second argument.

What to write instead: a smooth step (`tf.sigmoid((x - threshold) / temperature)`), or compute the loss from
the values before the comparison.

## Broken
```python keras=2,3 none=threshold
import tensorflow as tf


class Threshold(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.threshold = self.add_weight(name="threshold", shape=[3])

    def call(self, x):
        return tf.cast(x > self.threshold, tf.float32)


def make_model():
    return Threshold()


def inputs():
    return tf.random.normal([4, 3])
```

## Sound
```python keras=2,3 ok=threshold
import tensorflow as tf


class Threshold(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.threshold = self.add_weight(name="threshold", shape=[3])

    def call(self, x):
        return tf.sigmoid(x - self.threshold)


def make_model():
    return Threshold()


def inputs():
    return tf.random.normal([4, 3])
```

## Fix safety
Not fixed automatically: a smooth step has other values than a hard one, and a temperature to choose.

## Known missed
- A Python `if` on a weight: the linter says that the weight is not used (GRD301), not what cut it.
- A dtype that is computed (`tf.cast(x, self.dtype_of_output)`), unless it folds to a constant.

## Known false alarms
- A mask or a metric beside the loss is not reported while the weight has a live way that gradlint sees.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run, Stop

RULE = Rule(
    code="GRD203",
    name="cast-on-the-way",
    summary="A cast to an integer or bool, or a comparison, stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "compute the loss from the values before the cast or comparison"
THRESHOLD = "use a soft threshold, as `tf.sigmoid(k * (x - t))` is, or a value that depends on the threshold itself"


def _remedy(place: Stop) -> str:
    return THRESHOLD if place.name == "comparison" else REMEDY


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.CAST}), _remedy)
