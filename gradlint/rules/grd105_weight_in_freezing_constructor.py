"""# weight-in-freezing-constructor (GRD105)

## What happens
The weight gets no gradient although it was passed whole. A few TFP constructors compute from their
arguments at once and keep only the result: `MultivariateNormalFullCovariance` takes the Cholesky factor of
its covariance, `tfp.sts.LocalLevelStateSpaceModel` builds its noise from `level_scale`. If that happens
in setup, the result is a constant.

## Why
Most TFP objects keep a variable and read it when they are asked. These do not: their constructor itself
is a computation, and it runs where no tape records. `loc` of `MultivariateNormalFullCovariance` is lost
as well, although nothing is computed from it.

What to write instead: build the object in the forward pass. Or use the relative that keeps its
arguments: `MultivariateNormalTriL(loc, scale_tril=…)` with
`tfp.util.TransformedVariable(tf.eye(2), tfb.FillScaleTriL())` trains both.

The verdict is the same in Keras 2, in Keras 3 and in a `tf.Module` without Keras, as below.

## Broken
```python keras=2,3 none=loc,covariance
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Cloud(tf.Module):
    def __init__(self):
        self.loc = tf.Variable(tf.zeros([2]), name="loc")
        self.covariance = tf.Variable(tf.eye(2), name="covariance")
        self.distribution = tfd.MultivariateNormalFullCovariance(self.loc, self.covariance)

    def __call__(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Cloud()


def inputs():
    return tf.ones([4, 2])
```

## Sound
```python keras=2,3 ok=loc,covariance
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Cloud(tf.Module):
    def __init__(self):
        self.loc = tf.Variable(tf.zeros([2]), name="loc")
        self.covariance = tf.Variable(tf.eye(2), name="covariance")

    def __call__(self, x):
        distribution = tfd.MultivariateNormalFullCovariance(self.loc, self.covariance)
        return distribution.log_prob(x)


def make_model():
    return Cloud()


def inputs():
    return tf.ones([4, 2])
```

## Fix safety
As for GRD101: `--fix` makes the object a property, so that it computes from the weights in each call. A relative with
other arguments (a triangular factor in place of a covariance) may be cheaper; that changes the weight's meaning,
and is left to you.

## Known missed
- Constructors of other packages. One of your own is followed, and told as the operation that freezes
  (GRD101, GRD103).

## Known false alarms
- A TFP version whose constructor learned to keep its arguments after the table was measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD105",
    name="weight-in-freezing-constructor",
    summary="A constructor that computes from its arguments at once gets a weight in setup",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
