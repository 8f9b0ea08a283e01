"""# gradient-of-untrainable-variable (GRD305)

## What happens
The gradient is asked for a variable that was created with `trainable=False`. It is None. So it is for what a stock
layer keeps beside its weights, as `moving_mean` of a `BatchNormalization`: `model.variables` lists that, too.

## Why
A tape watches trainable variables by itself and no others. The variable may well be on the way to the loss;
the tape was not told to keep track of it. The same holds for `add_weight(…, trainable=False)` in both dialects.

It is the variable that counts. `layer.trainable = False` only takes the layer's weights off the list
`trainable_variables`: the tape goes on watching them, and has a gradient for `layer.kernel` if it is asked
(measured in both dialects, also for `Dense(2, trainable=False)`).

What to write instead: create it trainable, or call `tape.watch(variable)` before the forward pass. Of a model, ask
for `trainable_variables`.
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
- The state of a layer that neither Keras lists under a name of its own, such as the seed of a `Dropout`.
- A tape that was made with `watch_accessed_variables=False` and not told to watch the variable.

## Known false alarms
- A function of another package that is given the tape and calls `tape.watch`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
OF_LAYER = "ask for `trainable_variables`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    of_layers = tuple(journey for journey in run.journeys if journey.weight.of_layer)
    others = tuple(journey for journey in run.journeys if not journey.weight.of_layer)
    yield from ended_by(replace(run, journeys=others), RULE, Kind.NOT_TRAINABLE, _message, REMEDY)
    yield from ended_by(replace(run, journeys=of_layers), RULE, Kind.NOT_TRAINABLE, _message, OF_LAYER)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it {CUT_BY[place.kind]}"
