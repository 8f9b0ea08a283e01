"""# weight-frozen-before-tape (GRD109)

## What happens
In a script or a notebook, something is computed from a variable above the `with tf.GradientTape()` block
and used inside it. The gradient is None.

## Why
A tape records from the line where it is entered. What was computed before is a number to it. That holds
for a tensor (`rate = tf.exp(log_rate)`) and for an object that took a tensor
(`tfd.Exponential(tf.exp(log_rate))`).

What to write instead: compute it inside the `with` block. Or give TFP the variable: `tfd.Exponential(rate)`
keeps a whole `tf.Variable`, and `tfp.util.DeferredTensor(log_rate, tf.exp)` computes when it is read;
both may stand above the tape. A `keras.Variable` of Keras 3 is copied even when it is passed whole.

The verdict is the same with and without Keras, in both dialects.

## Broken
```python keras=2,3 none=log_rate
import tensorflow as tf
import tensorflow_probability as tfp

waiting_times = tf.constant([0.3, 1.2, 0.7])
log_rate = tf.Variable(0.0, name="log_rate")
distribution = tfp.distributions.Exponential(tf.exp(log_rate))

with tf.GradientTape() as tape:
    loss = -tf.reduce_mean(distribution.log_prob(waiting_times))

gradients = {"log_rate": tape.gradient(loss, log_rate)}
```

## Sound
```python keras=2,3 ok=log_rate
import tensorflow as tf
import tensorflow_probability as tfp

waiting_times = tf.constant([0.3, 1.2, 0.7])
log_rate = tf.Variable(0.0, name="log_rate")

with tf.GradientTape() as tape:
    distribution = tfp.distributions.Exponential(tf.exp(log_rate))
    loss = -tf.reduce_mean(distribution.log_prob(waiting_times))

gradients = {"log_rate": tape.gradient(loss, log_rate)}
```

## Fix safety
`--fix` moves the statement, and those that need it, into the block of the tape below it in the same block of
code. Code below reads the same names. Where a loop or a function stands between, it writes them into each function
and each block of a tape that reads what they compute, and leaves them where they were as well if something else
reads it. It is unsafe where a variable may be assigned between the two places, also by a function that is called
there. It is not offered where a variable or layer would be made there, where something is drawn at random, where an
input is bound anew in between, or where a name means something else in the function.

## Known missed
- A tape that another module opens around a function of yours.
- Notebook cells that are run in another order than they are written.

## Known false alarms
- A value that is meant to be a snapshot, as the old policy in a policy-gradient step, is a note if the
  variable also has a live way.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD109",
    name="weight-frozen-before-tape",
    summary="A value computed from a variable before the tape is used under it",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
