"""# forward-pass-outside-tape (GRD401)

## What happens
The loss, or the model's output that it is made of, is computed outside the `with tf.GradientTape()` block.
The gradient is None.

## Why
A tape records only what runs inside its block. What was computed before it or after it is a number to it,
whatever came of it later. One step outside is enough: with `y = model(x)` inside and
`loss = tf.reduce_mean(y)` below, the gradient of `y` exists and that of `loss` is None. A block
`with tape.stop_recording():` is outside too, and so is what ran before a `tape.reset()`; and, while it is not inside
a `tf.function`, what `strategy.run` runs: each replica has a thread of its own, and a tape records only the thread
that opened it.

What another tape recorded is lost, too, to the one that is asked: `with tf.GradientTape() as first: z = encoder(x)`
and then a second block that computes the loss from `z`.

What to write instead: move the forward pass and the loss into the block. `tape.gradient` itself may stand below
it.

A variable's own arithmetic above the tape, without a model that is called, is told as GRD109.

## Broken
```python keras=2,3 none=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

with tf.GradientTape() as tape:
    x = tf.constant([1.0, 2.0])
loss = tf.reduce_mean((weight * x) ** 2)

gradients = {"weight": tape.gradient(loss, weight)}
```

```python keras=2,3 none=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

with tf.GradientTape() as tape:
    output = weight * tf.constant([1.0, 2.0])
loss = tf.reduce_mean(output)

gradients = {"weight": tape.gradient(loss, weight)}
```

```python keras=2,3 none=kernel
import tensorflow as tf

kernel = tf.Variable(3.0, name="kernel")

with tf.GradientTape():
    output = kernel * tf.constant([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(output)

gradients = {"kernel": tape.gradient(loss, kernel)}
```

## Sound
```python keras=2,3 ok=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

with tf.GradientTape() as tape:
    x = tf.constant([1.0, 2.0])
    loss = tf.reduce_mean((weight * x) ** 2)

gradients = {"weight": tape.gradient(loss, weight)}
```

```python keras=2,3 ok=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

with tf.GradientTape() as tape:
    output = weight * tf.constant([1.0, 2.0])
    loss = tf.reduce_mean(output)

gradients = {"weight": tape.gradient(loss, weight)}
```

```python keras=2,3 ok=kernel
import tensorflow as tf

kernel = tf.Variable(3.0, name="kernel")

with tf.GradientTape() as tape:
    output = kernel * tf.constant([1.0, 2.0])
    loss = tf.reduce_mean(output)

gradients = {"kernel": tape.gradient(loss, kernel)}
```

## Fix safety
`--fix` moves the statements between the block and the one that was outside into the block. The values are the
same; it is unsafe where an effect among them is then recorded, too, where a variable may be assigned between the two
places, and where another value of the weight stays outside.

## Known missed
- A forward pass in a function of another package, and a model that is a parameter nobody passes.

## Known false alarms
- None known. A result from outside the tape beside a live way, as the old policy in a policy-gradient step,
  is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD401",
    name="forward-pass-outside-tape",
    summary="The forward pass runs outside the `with` block of the tape",
    severity=Severity.ERROR,
)


IN_REPLICA = "open the tape in the function that the strategy runs, or call the strategy from a `tf.function`"
AFTER_RESET = "run the forward pass after `tape.reset()`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    yield from frozen_ways(run, RULE)
    yield from cut_ways(run, RULE, frozenset({Kind.OTHER_THREAD}), IN_REPLICA)
    yield from cut_ways(run, RULE, frozenset({Kind.FORGOTTEN}), AFTER_RESET)
