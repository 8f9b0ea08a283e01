"""# variable-created-by-every-call (GRD303)

## What happens
The forward pass creates a variable, or a layer with weights of its own, each time it runs. The optimizer
never gets to see what it made, and the next call starts from new initial values.

## Why
A layer lists what is created in `__init__` and `build`. What `call` creates is either not listed at all, or
replaces what the call before has trained. Nothing warns about it: the loss may even fall a little, by chance.

A variable with `trainable=False` is told as well: its content does not outlive the call either.

What to write instead: create it once, in `__init__` or `build`.

## Broken
```python keras=2,3 unlisted=scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.size = input_shape[-1]

    def call(self, x):
        scale = tf.Variable(tf.ones([3]), name="scale")
        return x * scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=[3], initializer="ones", name="scale")

    def call(self, x):
        scale = self.scale
        return x * scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: the shape that `call` knows may not be known earlier.

## Known missed
- A layer created by a function of another package that `call` uses.

## Known false alarms
- A variable used as scratch space within one call.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD303",
    name="variable-created-by-every-call",
    summary="A variable or layer is created anew by every call",
    severity=Severity.WARNING,
)
REMEDY = "create it once, in `__init__` or `build`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.RECREATED, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` never trains: {quoted(place.text)} {CUT_BY[place.kind]}"
