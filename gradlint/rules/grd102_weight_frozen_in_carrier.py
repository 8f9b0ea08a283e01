"""# weight-frozen-in-carrier (GRD102)

## What happens
The weight gets no gradient. Setup code indexes or transforms it and gives the result to something that
keeps it: a bijector, a joint distribution, a PSD kernel, a linear operator, a state space model, a
`tf.SparseTensor`, a ragged tensor or a `functools.partial`. The forward pass uses the keeper and sees a
number that never changes.

## Why
`tf.exp(self.log_scale)` is computed once, when the layer is built, and no tape records it. It is the
same loss as in GRD101; only the keeper is another one.

What to write instead: make the keeper in `call`, or in a property that `call` reads. In Keras 2, and in
a `tf.Module` with plain `tf.Variable`s, TFP objects also keep a whole variable as a reference. Many have
an argument for the transformed weight: `tfb.Scale(log_scale=w)` instead of `tfb.Scale(tf.exp(w))`. Else
`tfp.util.DeferredTensor(w, tf.exp)` is computed anew whenever it is read. Sparse and ragged tensors
always copy: only `call` will do.

## Broken
```python keras=2,3 none=log_scale
import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class Stretch(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])
        self.bijector = tfb.Scale(tf.exp(self.log_scale))

    def call(self, x):
        return self.bijector.forward(x)


def make_model():
    return Stretch()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Keras 2 and 3: build it in `call`
```python keras=2,3 ok=log_scale
import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class Stretch(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])

    def call(self, x):
        bijector = tfb.Scale(tf.exp(self.log_scale))
        return bijector.forward(x)


def make_model():
    return Stretch()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2 only: let the bijector transform the whole weight
```python keras=2 ok=log_scale
import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class Stretch(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])
        self.bijector = tfb.Scale(log_scale=self.log_scale)

    def call(self, x):
        return self.bijector.forward(x)


def make_model():
    return Stretch()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
As for GRD101: `--fix` makes the object a property. A bijector that is made in each call has an empty cache in each
call, and a linear operator is factored anew; the values are the same, and it may cost time.

## Known missed
- A keeper of a library that gradlint has no table for, if it is given the whole weight.

## Known false alarms
- None known. A bijector that is *called* on a weight in setup (`tfb.Softplus()(self.w)`) does freeze it,
  although it looks like the construction of an object.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD102",
    name="weight-frozen-in-carrier",
    summary="A weight is indexed or transformed in setup and given to a bijector, kernel or another carrier",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
