"""# loss-tensor-in-setup (GRD107)

## What happens
A loss is added in `build` or `__init__` as a tensor, and is gone when training asks for it. The weights
that only this loss uses get no gradient, and the others train without the penalty that was meant.

## Why
A layer empties its losses at the start of each call and collects them anew while `call` runs. What
`build` added is dropped with the rest: in both dialects `model.losses` is empty after the second call. It
would not help if it stayed, because the tensor was computed once and no tape saw it.

Keras 2 takes a function instead (`self.add_loss(lambda: …)`) and runs it in each call; in `__init__` a
tensor raises a ValueError. Keras 3 refuses functions, and drops a tensor in `__init__` silently.
A regularizer that closes over a tensor computed in `build` is the same mistake: it does run in each
call, with a constant.

What to write instead: call `self.add_loss` in `call`.

## Broken
```python keras=2,3 ok=kernel none=raw_scale
import tensorflow as tf
import tensorflow_probability as tfp


class ShrunkDense(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])
        self.raw_scale = self.add_weight(name="raw_scale", shape=[])
        self.add_loss(self.penalty())

    def penalty(self):
        prior = tfp.distributions.Normal(0.0, tf.nn.softplus(self.raw_scale))
        return -tf.reduce_sum(prior.log_prob(self.kernel))

    def call(self, x):
        return x @ self.kernel


def make_model():
    return ShrunkDense()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=kernel,raw_scale
import tensorflow as tf
import tensorflow_probability as tfp


class ShrunkDense(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])
        self.raw_scale = self.add_weight(name="raw_scale", shape=[])

    def penalty(self):
        prior = tfp.distributions.Normal(0.0, tf.nn.softplus(self.raw_scale))
        return -tf.reduce_sum(prior.log_prob(self.kernel))

    def call(self, x):
        self.add_loss(self.penalty())
        return x @ self.kernel


def make_model():
    return ShrunkDense()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
`--unsafe-fixes` moves the line, or the branch or loop around it, to the beginning of `call`; what only `build` knows
is kept in an attribute. That is unsafe: the loss that comes to life changes what the model trains towards. Where it
cannot move, as to a `call` that is a `tf.function`, Keras 2 is given a function that computes the loss.

## Known missed
- A regularizer that closes over a tensor computed in setup: the linter says at most that the weight is not
  used (GRD301).
- A loss that a function of another package adds.

## Known false alarms
- None known. For a weight that also reaches the loss by another way (`kernel` above) the finding is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD107",
    name="loss-tensor-in-setup",
    summary="`add_loss` or a regularizer gets a tensor in setup",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
