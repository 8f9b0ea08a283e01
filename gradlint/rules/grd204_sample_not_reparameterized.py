"""# sample-not-reparameterized (GRD204)

## What happens
The only way from a weight to the loss goes through a sample of a distribution that is not
reparameterized, such as `Bernoulli`, `Categorical`, `OneHotCategorical`, `Poisson`, `Binomial`,
`Geometric`, `NegativeBinomial`, or `MixtureSameFamily` for its mixture logits. The parameters get no
gradient, and no error says so.

This is a warning, and **often intended**: policy gradients, score-function estimators and evaluation code
sample like this on purpose. Then say so on the line:
`# gradlint: ignore[GRD204] trained through log_prob`.

## Why
A normal sample is `loc + scale * noise`: a function of its parameters, so its gradient exists. A coin toss
is not a smooth function of its probability. TFP marks such distributions `NOT_REPARAMETERIZED` and stops
the gradient at the sample. `log_prob` and `mean` of the same distributions have a gradient.

What to write instead: a relaxed distribution (`RelaxedBernoulli`, `RelaxedOneHotCategorical`),
`reparameterize=True` for `MixtureSameFamily`, the mean in place of the sample, or a loss with
`log_prob(tf.stop_gradient(sample)) * reward`. `Gamma`, `Beta`, `Dirichlet`, `StudentT` and `VonMises`
samples have a gradient as they are.

## Broken
```python keras=2,3 none=logits
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class LearnedDropout(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.logits = self.add_weight(name="logits", shape=[3])

    def call(self, x):
        keep = tfd.Bernoulli(logits=self.logits, dtype=tf.float32)
        return x * keep.sample()


def make_model():
    return LearnedDropout()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=logits
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class LearnedDropout(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.logits = self.add_weight(name="logits", shape=[3])

    def call(self, x):
        keep = tfd.RelaxedBernoulli(temperature=0.5, logits=self.logits)
        return x * keep.sample()


def make_model():
    return LearnedDropout()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: a relaxed sample is no longer 0 or 1, and its temperature is a choice.

## Known missed
- Distributions that the measured table does not hold: those of other packages.

## Known false alarms
- Sampling on purpose, see above. A weight that also reaches the loss by `log_prob` is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD204",
    name="sample-not-reparameterized",
    summary="A sample that is not reparameterized stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use `log_prob` with a score-function loss, or a relaxed distribution; leave it if it is intended"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.SAMPLE}), REMEDY)
