"""# weight-frozen-in-distribution (GRD101)

## What happens
The weight gets no gradient and keeps its first value. `build` or `__init__` indexes or transforms it
(`self.loc[0]`, `tf.exp(self.scale)`) and hands the result to a TFP distribution that `call` uses later.
`fit` says so in one warning ("Gradients do not exist for variables …") that names no line, or in a
ValueError if no other weight is left to train.

## Why
A layer is built once, and no tape of yours records that. `self.loc[0]` is an ordinary tensor: the
number that the weight held at that moment. The distribution keeps the number, so every later call
computes with it, and nothing leads from the loss back to the weight.

In Keras 2 this fails from the first call on. In Keras 3, if the first call both builds the layer and
runs under the tape, that call alone has its gradient; every later one has not.

What to write instead: build the distribution in `call`, or in a property that `call` reads. In Keras 2
it also helps to pass the weight whole: TFP then keeps the variable itself and reads it when it is asked.
Keras 3 weights are not `tf.Variable`s, and TFP copies them even then (GRD104).

## Broken
```python keras=2,3 none=loc,scale
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[1])
        self.scale = self.add_weight(name="scale", shape=[1], initializer="ones")
        self.distribution = tfd.Normal(self.loc[0], self.scale[0])

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 1])
```

## Sound
### Keras 2 and 3: build it in `call`
```python keras=2,3 ok=loc,scale
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[1])
        self.scale = self.add_weight(name="scale", shape=[1], initializer="ones")

    def call(self, x):
        distribution = tfd.Normal(self.loc[0], self.scale[0])
        return distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 1])
```

### Keras 2 only: pass the weight whole
```python keras=2 ok=loc,scale
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[1])
        self.scale = self.add_weight(name="scale", shape=[1], initializer="ones")
        self.distribution = tfd.Normal(self.loc, self.scale)

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return NormalLikelihood()


def inputs():
    return tf.ones([4, 1])
```

## Fix safety
`--fix` makes the distribution a property, with the locals of `build` that it needs: the forward pass then
builds it under the tape, in both Kerases, and its values, shapes and attribute name stay. It is unsafe where
the property may not compute what setup computed: another method changes an attribute that it reads, it calls
what gradlint cannot look into, a base class is not seen. It is not offered where the attribute is assigned or
changed elsewhere, or where a random number would be drawn in each call. Where it can be no property,
`--unsafe-fixes` gives the constructor a `DeferredTensor`, or on Keras 2 the weight whole (its batch shape is
`[1]` then).

## Known missed
- The distribution is stored where gradlint cannot follow: `exec`, `self.__dict__`, `setattr` with a name that
  does not fold to a constant.
- The weight goes through a function of a package that gradlint does not know
  (`tfd.Normal(other.first(self.loc), 1.0)`): it might return a reference.

## Known false alarms
- None known where the layer is called as Keras calls it. If `call` replaces the distribution through a
  path that gradlint cannot see, the finding is wrong: suppress it with `# gradlint: ignore[GRD101] reason`.
- A weight that has a second, live way in the same object gives a note, not an error: a snapshot may be
  meant, as in a penalty on the distance from the start.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD101",
    name="weight-frozen-in-distribution",
    summary="A weight is indexed or transformed in setup and given to a distribution that is kept",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
