"""# gradient-not-finite (GRD502)

## What happens
A weight's gradient holds NaN or infinity. One step with it, and the weight holds NaN; one more, and all do. The
loss may look sound meanwhile. Only a probe sees this; it names the first operation that is not finite, forward
or backward.

## Why
Either a value is not finite already (`tf.math.log` of zero, a division by zero, an overflow), or only the
derivative is: `tf.sqrt` and `tf.norm` at 0 are 0, their slope there is infinite.

`tf.where` does not help. It drops the value of the branch that was not taken, but the gradient still comes through
it, as zero times infinity, which is NaN: so `tf.where(x > 0., tf.math.log(x), 0.)` has a finite value and the
gradient NaN at zero. (`tf.sqrt` is spared that: its own gradient function gives zero where zero comes in.)

What to write instead: make the argument safe before the function sees it, with a second `tf.where` inside the first,
as below; or `tf.math.divide_no_nan`, `tf.math.xlogy`, a small constant added under the root.

## Broken
### `tf.where` around a logarithm
```python keras=2,3 nonfinite=scale
import tensorflow as tf


class LogSquare(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")

    def call(self, x):
        square = tf.square(x * self.scale)
        safe = square
        return tf.where(square > 0.0, tf.math.log(safe), 0.0)


def make_model():
    return LogSquare()


def inputs():
    return tf.constant([[0.0, 1.0, 2.0]])
```

### A root at zero
```python keras=2,3 nonfinite=logit
import tensorflow as tf


class Root(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.logit = self.add_weight(name="logit", shape=[3], initializer="zeros")

    def call(self, x):
        p = tf.nn.relu(self.logit + x)
        return tf.sqrt(p)


def make_model():
    return Root()


def inputs():
    return tf.constant([[-1.0, 1.0, 2.0]])
```

## Sound
### A safe argument for the logarithm
```python keras=2,3 ok=scale
import tensorflow as tf


class LogSquare(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")

    def call(self, x):
        square = tf.square(x * self.scale)
        safe = tf.where(square > 0.0, square, 1.0)
        return tf.where(square > 0.0, tf.math.log(safe), 0.0)


def make_model():
    return LogSquare()


def inputs():
    return tf.constant([[0.0, 1.0, 2.0]])
```

### A small constant under the root
```python keras=2,3 ok=logit
import tensorflow as tf


class Root(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.logit = self.add_weight(name="logit", shape=[3], initializer="zeros")

    def call(self, x):
        p = tf.nn.relu(self.logit + x) + 1e-6
        return tf.sqrt(p)


def make_model():
    return Root()


def inputs():
    return tf.constant([[-1.0, 1.0, 2.0]])
```

## Fix safety
Not fixed automatically: what the function should give at that point is the author's to say.

## Known missed
- The linter says nothing: it does not know the numbers.
- What only another batch, or a later step, would make infinite.
- A half-precision overflow that a loss scale would bring about: the probe scales nothing.

## Known false alarms
- None known.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import SPOILED_BY, quoted
from gradlint.run import Journey, Kind, Role, Run, Stop

RULE = Rule(
    code="GRD502",
    name="gradient-not-finite",
    summary="A weight's gradient holds NaN or infinity",
    severity=Severity.ERROR,
)
REMEDIES = {
    Kind.VALUE_NOT_FINITE: "keep its argument away from that point: add a small constant, or choose a safe one first",
    Kind.DERIVATIVE_NOT_FINITE: "give it a safe argument: `tf.where(ok, x, 1.0)` before it, not only after it",
    Kind.START_NOT_FINITE: "look at the values that it is given: they were not finite before",
}


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways on which a gradient ceased to be finite."""
    for kind, remedy in REMEDIES.items():
        yield from ended_by(run, RULE, kind, _message, remedy)


def _message(journey: Journey, place: Stop) -> str:
    text = f"`{journey.weight.label}` gets a gradient that is not finite: {quoted(place.text)} {SPOILED_BY[place.kind]}"
    dropped = any(
        stop.kind is Kind.NOT_CHOSEN
        for way in journey.ways
        if place in way.stops
        for stop in way.stops
        if stop.role is Role.USED
    )
    return text + (", and the `tf.where` behind it does not hold that back" if dropped else "")
