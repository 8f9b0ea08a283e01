"""# gradient-of-untrainable-variable (GRD305)

## What happens
The gradient is asked for a variable that was created with `trainable=False`. It is None.

## Why
A tape watches trainable variables by itself and no others. The variable may well be on the way to the loss;
the tape was not told to keep track of it. The same holds for `add_weight(…, trainable=False)` in both dialects.

It is the variable that counts. `layer.trainable = False` only takes the layer's weights off the list
`trainable_variables`: the tape goes on watching them, and has a gradient for `layer.kernel` if it is asked
(measured in both dialects, also for `Dense(2, trainable=False)`).

What to write instead: create it trainable, or call `tape.watch(variable)` before the forward pass.
`optimizer.minimize(loss, [variable])` of Keras 2 does call it, and trains the variable.

## Broken
```python keras=2,3 none=scale
import tensorflow as tf

scale = tf.Variable(2.0, trainable=False, name="scale")

with tf.GradientTape() as tape:
    loss = tf.square(scale - 1.0)

gradients = {"scale": tape.gradient(loss, scale)}
```

## Sound
```python keras=2,3 ok=scale
import tensorflow as tf

scale = tf.Variable(2.0, trainable=True, name="scale")

with tf.GradientTape() as tape:
    loss = tf.square(scale - 1.0)

gradients = {"scale": tape.gradient(loss, scale)}
```

## Fix safety
Not fixed automatically: only the author knows whether the variable is to be trained.

## Known missed
- `trainable` given by position: `tf.Variable(2.0, False)`.
- A stock layer's state, such as the `moving_mean` of a `BatchNormalization`.
- A tape that was made with `watch_accessed_variables=False` and not told to watch the variable.

## Known false alarms
- A function of another package that is given the tape and calls `tape.watch`.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD305",
    name="gradient-of-untrainable-variable",
    summary="A gradient is asked for a variable that is not trainable",
    severity=Severity.WARNING,
)
REMEDY = "create it trainable, or tell the tape: `tape.watch(variable)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.NOT_TRAINABLE, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it {CUT_BY[place.kind]}"
