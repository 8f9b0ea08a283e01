"""# gradient-of-zeros (GRD501)

## What happens
A weight has a gradient, and every number in it is exactly zero, for a reason that the recorded operations show.
The weight does not train, and nothing warns: `None` is what `fit` looks for. Only a probe sees this.

## Why
| what the operations show | told as |
|---|---|
| `tf.sign`: its derivative is zero everywhere | warning |
| a ReLU, a clip, a sigmoid that is flat at every value of this batch | warning |
| a softmax over a single entry: the result is 1, whatever the entry is | warning |
| two ways that cancel exactly: the location in `q.log_prob(q.sample())` | warning |
| `tf.where`, `tf.maximum` between two results, `reduce_max`: the other side was taken on this batch | note |
| a branch (`tf.cond`, `tf.switch_case`, an `if` under `tf.function`) or a loop that did not run on this batch | note |
| a product with zeros: `alpha * f(x)` while `alpha` is still zero, a state that starts at zero | note |

A note does not fail a run: such a zero is often there on the first step only. A zero for which the operations
show no reason is listed as `zero` in the table and is not a finding; smallness is never judged.

What to write instead depends on the row: a smooth stand-in for `sign`, `leaky_relu` or another initial scale for a
layer that is dead from the start, `sigmoid` for a single unit.

## Broken
### Dead from the start
```python keras=2,3 ok=kernel zero=shift
import tensorflow as tf


class Gate(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])
        self.shift = self.add_weight(name="shift", shape=[], initializer=tf.keras.initializers.Constant(-9.0))

    def call(self, x):
        gate = tf.nn.relu(self.shift + 0.1 * x)
        return x * self.kernel + gate


def make_model():
    return Gate()


def inputs():
    return tf.ones([4, 3])
```

### A softmax over one unit
```python keras=2,3 zero=kernel,bias
import tensorflow as tf


def make_model():
    activation = "softmax"
    return tf.keras.Sequential([tf.keras.Input([3]), tf.keras.layers.Dense(1, activation=activation)])


def inputs():
    return tf.ones([4, 3])
```

### A sign
```python keras=2,3 zero=kernel
import tensorflow as tf


class Binary(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def call(self, x):
        kernel = tf.sign(self.kernel)
        return x * kernel


def make_model():
    return Binary()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Alive
```python keras=2,3 ok=kernel,shift
import tensorflow as tf


class Gate(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])
        self.shift = self.add_weight(name="shift", shape=[], initializer=tf.keras.initializers.Constant(-9.0))

    def call(self, x):
        gate = tf.nn.leaky_relu(self.shift + 0.1 * x)
        return x * self.kernel + gate


def make_model():
    return Gate()


def inputs():
    return tf.ones([4, 3])
```

### A sigmoid for one unit
```python keras=2,3 ok=kernel,bias
import tensorflow as tf


def make_model():
    activation = "sigmoid"
    return tf.keras.Sequential([tf.keras.Input([3]), tf.keras.layers.Dense(1, activation=activation)])


def inputs():
    return tf.ones([4, 3])
```

### A stand-in for the sign
```python keras=2,3 ok=kernel
import tensorflow as tf


class Binary(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3])

    def call(self, x):
        kernel = tf.tanh(self.kernel)
        return x * kernel


def make_model():
    return Binary()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: every cure computes something else.

## Known missed
- The linter says nothing: whether a gradient is zero depends on the numbers.
- Some units of a layer that are dead while others live: a gradient with a single number that is not zero is `ok`.
- A function with a gradient of its own (`tf.custom_gradient`) that gives zeros.

## Known false alarms
- A batch that happens to be flat: a hinge loss that every example already satisfies, a layer of very few ReLUs.
  Probe with more examples.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import SPOILED_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD501",
    name="gradient-of-zeros",
    summary="A weight's gradient is exactly zero, for a reason that the operations show",
    severity=Severity.WARNING,
)
REMEDIES = {
    Kind.FLAT: "use a smooth stand-in, or a straight-through estimator: `x + tf.stop_gradient(f(x) - x)`",
    Kind.SATURATED: "start where it is not flat, or use a function that never is, such as `tf.nn.leaky_relu`",
    Kind.SINGLE_ENTRY: "use `tf.sigmoid` for a single unit, or normalize along another axis",
    Kind.CANCELLED: "let the weight reach the loss on one way that the other does not undo",
}
OFTEN_MEANT = {
    Kind.NOT_CHOSEN: "nothing, if other batches take the other side",
    Kind.NOT_RUN: "nothing, if other batches take this way",
    Kind.TIMES_ZERO: "nothing, if what it is multiplied by does not stay zero",
}


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways on which a gradient came back as zeros."""
    for kind, remedy in REMEDIES.items():
        yield from ended_by(run, RULE, kind, _message, remedy)
    for kind, remedy in OFTEN_MEANT.items():
        yield from ended_by(run, RULE, kind, _message, remedy, Severity.NOTE)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets a gradient of zeros: {quoted(place.text)} {SPOILED_BY[place.kind]}"
