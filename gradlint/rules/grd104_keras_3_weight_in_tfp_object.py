"""# keras-3-weight-in-tfp-object (GRD104)

## What happens
Keras 3 only: a weight is given whole to a TFP object in `build` or `__init__`, and gets no gradient. The
same line is sound in Keras 2, so code that was ported to TF 2.16 or later breaks without a word.

## Why
TFP keeps what it is given if that is a `tf.Variable`. A Keras 3 weight is not one: it is a `keras.Variable`
that wraps one, so TFP converts it to a tensor, and does so when the object is made. From then on the
object holds a constant. `keras.ops.convert_to_tensor(self.loc)` does not help: it returns the same
`keras.Variable` (measured with Keras 3.15). `functools.partial(tfd.Normal, self.loc)` is sound, because
nothing is converted before it is called.

What to write instead: build the object in `call`, or pass `self.loc.value`, the `tf.Variable` inside,
which TFP keeps. `tfp.util.DeferredTensor(self.loc.value, tf.exp)` is sound for the same reason, and
`tf.exp(self.loc.value)` is not (GRD101).

There is no Keras 2 program for this rule: there the whole weight is the cure.

## Broken
```python keras=3 none=loc
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[3])
        self.distribution = tfd.Normal(self.loc, 1.0)

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Keras 3: build it in `call`
```python keras=3 ok=loc
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[3])

    def call(self, x):
        distribution = tfd.Normal(self.loc, 1.0)
        return distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 3])
```

### Keras 3: pass the variable inside
```python keras=3 ok=loc
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[3])
        self.distribution = tfd.Normal(self.loc.value, 1.0)

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
As for GRD101: `--fix` makes the object a property, which heals both Kerases. `.value` would heal Keras 3 on
TensorFlow only. Where nothing says that the code runs on Keras 3, the fix is unsafe: Keras 2 does not need it.

## Known missed
- A weight whose kind gradlint cannot tell, such as one that a helper of another package returns.

## Known false alarms
- None known on Keras 3. Where the dialect is not known, the finding is a note: say `--keras 2` or
  `--keras 3`, or set `keras` in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD104",
    name="keras-3-weight-in-tfp-object",
    summary="A whole Keras 3 weight is given to a TFP object in setup, which copies it",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
