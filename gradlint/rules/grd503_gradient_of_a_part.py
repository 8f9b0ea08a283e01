"""# gradient-of-a-part (GRD503)

## What happens
A weight has a gradient, but it is not the slope of the loss: on one of several ways the value goes past the tape. The
weight trains, in a wrong direction or at a wrong speed, and nothing warns. Only a probe that is asked for it sees this:
`gradlint probe --numeric`, `gradlint.probe(…, numeric=True)`.

## Why
`self.kernel.assign(self.kernel / sigma)` and then `x @ self.kernel`: the loss depends on the old value through the
division, the tape begins after it. Where `sigma` is 2, it says 1.0 and 0.5 is right. The same with a factor that was
computed with NumPy, behind `tf.stop_gradient` or `tf.round`, or once in `build`, beside a way that lives.

The probe moves each weight a little along a fixed random direction, both ways, and compares how the loss changes with
what the tape says. Every call starts from the same values and the same random numbers. The model is made a second time
in float64 where it allows that (`set_floatx`), else it is asked in its own precision. The two must differ by more than
1 %: finite differences over one step and over two have to agree to 0.2 %, else the loss has a corner there or changes
by less than its last digit, and the weight is listed as not checked; five times what they may be off by is beyond any
rounding, while a way that is lost is seldom less. They must differ along two directions. No gradient is ever called
wrong for being small.

This is a warning, and **often intended**: a straight-through estimator, a reversed gradient and a target behind
`stop_gradient` are wrong on purpose.

What to write instead: compute with the value, and assign at most what no loss depends on.

## Broken
### A value carried through the weight itself
```python keras=2,3 partial=kernel
import tensorflow as tf


class Normalized(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3], initializer="ones")

    def call(self, x):
        self.kernel.assign(self.kernel / tf.norm(self.kernel))
        kernel = self.kernel
        return x * kernel


def make_model():
    return Normalized()


def inputs():
    return tf.reshape(tf.range(12.0), [4, 3])
```

### One of two ways is stopped
```python keras=2,3 partial=scale
import tensorflow as tf


class Gated(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")

    def call(self, x):
        gate = tf.stop_gradient(tf.sigmoid(self.scale))
        return x * self.scale * gate


def make_model():
    return Gated()


def inputs():
    return tf.reshape(tf.range(12.0), [4, 3])
```

## Sound
### The value itself
```python keras=2,3 ok=kernel
import tensorflow as tf


class Normalized(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3], initializer="ones")

    def call(self, x):
        kernel = self.kernel / tf.norm(self.kernel)
        return x * kernel


def make_model():
    return Normalized()


def inputs():
    return tf.reshape(tf.range(12.0), [4, 3])
```

### Both ways open
```python keras=2,3 ok=scale
import tensorflow as tf


class Gated(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")

    def call(self, x):
        gate = tf.sigmoid(self.scale)
        return x * self.scale * gate


def make_model():
    return Gated()


def inputs():
    return tf.reshape(tf.range(12.0), [4, 3])
```

## Fix safety
Not fixed automatically: the cure computes another gradient, and whether the present one is meant nobody can see.

## Known missed
- A part that is lost but adds less than 1 % along the directions tried.
- A weight for which finite differences settle on nothing: the probe lists it as not checked.
- The linter says nothing: a way that lives beside one that is lost is a note there (GRD1), or silent.

## Known false alarms
- Estimators that are wrong on purpose: straight-through, gradient reversal, `tf.custom_gradient`. The
  `SpectralNormalization` of Keras is one: it assigns the kernel that it divides.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import SPOILED_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD503",
    name="gradient-of-a-part",
    summary="A weight's gradient is not the slope of the loss: part of its value goes past the tape (`--numeric`)",
    severity=Severity.WARNING,
)
REMEDY = "let the whole value reach the loss under the tape, or accept the weight if the estimate is meant"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways on which part of a value went past the tape."""
    return ended_by(run, RULE, Kind.INCOMPLETE, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    words = f"{quoted(place.text)} {SPOILED_BY[place.kind]}; {place.name}"
    return f"`{journey.weight.label}` gets a part of its gradient: {words}"
