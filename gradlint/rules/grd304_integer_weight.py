"""# integer-weight (GRD304)

## What happens
A variable was started from integers or truth values, so it holds such, and the gradient with respect to it
is None.

## Why
`tf.Variable(3)` is an `int32`, and only floating and complex dtypes have gradients. The variable itself looks
sound: `trainable` is true, and it is among the tape's `watched_variables()`. A cast to float on the way does
not help, since the gradient ends at the cast.

`tape.gradient` says nothing. `fit` trains the other weights and warns that "Gradients do not exist"; it does not
say why. An optimizer that is given this variable alone raises "No gradients provided for any variable".

What to write instead: start it from floats, `tf.Variable(3.0)`, or name the dtype:
`tf.Variable(3, dtype=tf.float32)`.

## Broken
```python keras=2,3 none=power
import tensorflow as tf

power = tf.Variable(3, name="power")

with tf.GradientTape() as tape:
    loss = tf.cast(power, tf.float32) * 2.0

gradients = {"power": tape.gradient(loss, power)}
```

## Sound
```python keras=2,3 ok=power
import tensorflow as tf

power = tf.Variable(3.0, name="power")

with tf.GradientTape() as tape:
    loss = tf.cast(power, tf.float32) * 2.0

gradients = {"power": tape.gradient(loss, power)}
```

## Fix safety
Not fixed automatically: the variable may be a counter that does not want a gradient.

## Known missed
- A dtype that comes from a parameter, from a file or from a function that gradlint does not see.
- A `tf.Variable` of integers that a layer keeps, unless a `tape.gradient` asks for it: it may be a counter. What
  `add_weight` makes of integers is told, unless it is assigned to.

## Known false alarms
- None known.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD304",
    name="integer-weight",
    summary="A gradient is asked for an integer variable",
    severity=Severity.WARNING,
)
REMEDY = "give it a float dtype, as `tf.Variable(1.0)` has, or say `trainable=False`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.INTEGER, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it {CUT_BY[place.kind]}"
