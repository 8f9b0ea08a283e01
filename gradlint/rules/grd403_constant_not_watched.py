"""# constant-not-watched (GRD403)

## What happens
The gradient is asked for a constant tensor, such as a batch of inputs, and is None.

## Why
A tape watches trainable variables by itself. A tensor must be named to it, with `tape.watch`, before the
forward pass. It must be this very tensor: watching `tf.identity(x)` or another constant of the same content does
not help, nor does watching `x` after it was used. It must be floating, too: for integers `tape.watch` logs a
line and does nothing.

A NumPy array cannot be asked for at all (AttributeError): convert it first, watch the result and compute from
that.

What to write instead: `tape.watch(x)` as the first line of the block.

## Broken
```python keras=2,3 none=x
import tensorflow as tf

x = tf.constant([1.0, 2.0])

with tf.GradientTape() as tape:
    loss = tf.reduce_sum(x**2)

gradients = {"x": tape.gradient(loss, x)}
```

## Sound
```python keras=2,3 ok=x
import tensorflow as tf

x = tf.constant([1.0, 2.0])

with tf.GradientTape() as tape:
    tape.watch(x)
    loss = tf.reduce_sum(x**2)

gradients = {"x": tape.gradient(loss, x)}
```

## Fix safety
Not fixed automatically: it costs memory where the gradient is not needed.

## Known missed
- A tensor whose origin gradlint does not follow: a function's result, a parameter that no call in the project
  fills, an element of a `tf.data.Dataset`.
- A tensor that is computed from constants (`tf.constant([1.0]) * 2.0`).
- A `tape.watch` that comes too late: the linter says that the tensor is not used (GRD301).

## Known false alarms
- None known.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD403",
    name="constant-not-watched",
    summary="A gradient is asked for a constant that nobody watches",
    severity=Severity.WARNING,
)
REMEDY = "call `tape.watch` on this very tensor before the forward pass"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.UNWATCHED, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    if place.name == "variable":
        return f"`{journey.weight.label}` gets no gradient: the tape watches no variable by itself, nor was it told to"
    return f"`{journey.weight.label}` gets no gradient: it is a constant that the tape was not told to watch"
