"""# value-leaves-tensorflow (GRD201)

## What happens
The forward pass takes a value out of TensorFlow and computes on: `.numpy()`, `float(w)`, a NumPy
function, `tf.keras.backend.get_value`, `model.predict(…)`, `tf.numpy_function`. What comes back is a
constant, and the weights behind it get no gradient. On Keras 3 an operator is enough, if a value of NumPy
stands before the weight: in `np.sqrt(2.0) * self.w` NumPy is asked first and takes the weight for an array.
`self.w * np.sqrt(2.0)` is fine, and so is a tensor or a `tf.Variable` in either place.

## Why
The tape records TensorFlow operations. NumPy and Python numbers are none: TensorFlow sees a new constant
arrive and no operation that made it. NumPy accepts weights and tensors without a word, so `np.exp(w)`
looks as if it worked.

Under `tf.function`, in `fit`, and when a functional model is made, NumPy and `.numpy()` fail loudly
instead, because a symbolic tensor has no number to give. That is the lucky case.

What to write instead: the TensorFlow function of the same name, `tf.exp`, `tf.reduce_mean`,
`tfp.math.…`. If you need Python code in the way, `tf.py_function` has a gradient (if what it calls is
TensorFlow) and `tf.numpy_function` has none; or give the foreign function a gradient of its own with
`tf.custom_gradient`.

## Broken
```python keras=2,3 none=log_scale
import numpy as np
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])

    def call(self, x):
        return x * np.exp(self.log_scale)


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=log_scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.log_scale = self.add_weight(name="log_scale", shape=[3])

    def call(self, x):
        return x * tf.exp(self.log_scale)


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
`--fix` writes TensorFlow's function of the same meaning where there is one (`np.exp`, `np.sum`, …), and drops
`.numpy()`. It is unsafe where gradlint does not see that only arithmetic and TensorFlow use the value, for
`float(x)`, and for functions of several arguments: NumPy computes in float64 as soon as one of them is. Wherever the
weight leaves TensorFlow is rewritten at once; where that is not possible for one of the places there is no fix, since
a gradient that lacks a part would not be reported any more.

## Known missed
- A library that calls NumPy inside, unless gradlint's tables name it.
- A value that leaves through a file or a callback and comes back: the linter says at most that the weight is
  not used (GRD301).

## Known false alarms
- `float(w)` where AutoGraph rewrites the function, as under `tf.function` and in the `fit` of Keras 2: it
  becomes a cast there and has a gradient. The same line is a cut when the model runs eagerly.
- A value that is only logged or printed is not on the way to the loss and is not reported. If gradlint
  takes a side value for the result, suppress the line.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run, Stop

RULE = Rule(
    code="GRD201",
    name="value-leaves-tensorflow",
    summary="A value leaves TensorFlow on its way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use the TensorFlow function of the same meaning"
DECISION = "what a number or a branch is chosen by has no gradient: let the value itself into the result, too"
NUMBERS = ("bool", "int")
ARRAY = "collect the elements in a list and give it to `tf.stack`: an array of NumPy keeps numbers only"


def _remedy(place: Stop) -> str:
    if place.text.endswith(".numpy()"):
        return "leave `.numpy()` out: TensorFlow computes with the tensor itself"
    if place.name.removeprefix("builtins.") in NUMBERS:
        return DECISION
    return ARRAY if place.name == "an array's element" else REMEDY


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.LEAVES_TENSORFLOW}), _remedy)
