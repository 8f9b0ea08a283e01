"""# weight-cached-by-first-call (GRD106)

## What happens
The first call trains and every later one does not. It computes something from a weight and caches it:
in a `functools.cached_property`, under `functools.lru_cache`, or behind `if self.distribution is None:`
or `if not hasattr(self, "distribution"):`. The second call finds the cache full and never reads the
weight.

## Why
A tape knows only what was computed while it recorded. The cached value belongs to the first tape; to
the second it is a constant, and it holds the weight's old value too. A test that asks for the gradient
once, on the first call, passes.

`tf.function` is such a cache on Keras 3. A layer or model without a `build` of its own is built by running its
`call` once on symbols; the weights that its layers make then have no value yet, and a function under `tf.function`
that reads them, `call` itself or one that it calls, keeps their first values in its trace. Every later call with
inputs of that shape runs the trace again: `fit` changes none of these weights.

In a functional model the `if … is None` form does not even get there: the cache is filled with a tensor
of the model's own graph, and the next call raises "out of scope".

What to write instead: compute it in each call, in a plain `@property` or in a local variable. It costs
little: a distribution's constructor does almost no work. Leave `tf.function` out of layers, since `fit` compiles the
whole step, or give the model a `build` that builds its layers.

## Broken
```python keras=2,3 none=raw_scale
import functools
import tensorflow as tf
import tensorflow_probability as tfp


class Noise(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.raw_scale = self.add_weight(name="raw_scale", shape=[3])

    @functools.cached_property
    def distribution(self):
        return tfp.distributions.Normal(0.0, tf.nn.softplus(self.raw_scale))

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Noise()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=raw_scale
import tensorflow as tf
import tensorflow_probability as tfp


class Noise(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.raw_scale = self.add_weight(name="raw_scale", shape=[3])

    @property
    def distribution(self):
        return tfp.distributions.Normal(0.0, tf.nn.softplus(self.raw_scale))

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Noise()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
`--fix` turns a `cached_property` into a property, takes a cache's decorator away, or drops the question whether
the value is there. The values are the same. Without the cache, `layer.distribution` is another object at each
read; code that compares two of them notices. It is not offered where someone clears the cache, or where the
branch that fills it counts, appends or draws. `--unsafe-fixes` takes away a decorator of the project's own as well,
which may do more than keep the value, and a `tf.function` that Keras 3 traces while it builds the layer.

## Known missed
- A cache that gradlint cannot look into: a decorator of another package that it has no table for.

## Known false alarms
- A cache that is emptied before each step from outside the class.
- A `tf.function` in a model whose first call, in another file, has inputs of another shape than those it is trained
  with: that traces it anew. This is a warning for that reason; a call in the same file is seen.
- A whole weight in Keras 2 (`tfd.Normal(self.loc, 1.0)`) may be cached, since TFP keeps the variable.
  gradlint knows that; in Keras 3 the same cache is broken.
- In a method under a `tf.function` of its own the tape finds the gradient, since the cached tensor is part of that
  graph; but as soon as the method is traced again, for a last batch that is smaller, TensorFlow raises "out of scope".
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD106",
    name="weight-cached-by-first-call",
    summary="A value computed from a weight is cached by the first forward call",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
