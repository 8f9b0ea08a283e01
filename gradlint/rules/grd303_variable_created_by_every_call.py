"""# variable-created-by-every-call (GRD303)

## What happens
The forward pass creates a variable, or a layer with weights of its own, each time it runs. What it made
never trains: the next call starts from new initial values.

## Why
A layer lists what is created in `__init__` and `build`. A variable or a layer that `call` creates and keeps
in a local name is listed nowhere, so that no optimizer sees it, although the tape does give it a gradient.

How it shows depends on where it runs. `fit` raises a ValueError, "tf.function only supports singleton
tf.Variables". In a loop of one's own without `tf.function`:

| in `call` | Keras 2 | Keras 3 |
|---|---|---|
| `tf.Variable(…)`, `Dense(…)` in a local name | silent | silent |
| `self.add_weight(…)` | silent: each call lists one more | ValueError |
| `self.dense = Dense(…)` | silent: each call replaces it | ValueError |

A variable with `trainable=False` is told as well: its content does not outlive the call either.

What to write instead: create it once, in `__init__` or `build`. Where the first call is to create it, test for
that: `if self.scale is None:`.

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

```python keras=2,3 unlisted=kernel,bias
import tensorflow as tf


class Head(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.units = 3

    def call(self, x):
        return tf.keras.layers.Dense(self.units)(x)


def make_model():
    return Head()


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

```python keras=2,3 ok=kernel,bias
import tensorflow as tf


class Head(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.dense = tf.keras.layers.Dense(3)

    def call(self, x):
        return self.dense(x)


def make_model():
    return Head()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: the shape that `call` knows may not be known earlier.

## Known missed
- A variable that a plain function creates under a tape and hands out, or keeps where gradlint loses sight of it.
- What a function of another package creates.

## Known false alarms
- A variable that is used as scratch space within one call, such as the point that a small optimization
  inside `call` moves.
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
