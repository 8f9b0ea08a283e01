"""# variable-not-tracked (GRD302)

## What happens
The forward pass uses a variable that is not among its owner's `trainable_variables`. Its gradient exists,
and nobody asks for it: the optimizer never changes the variable, and no warning says so (only a `Lambda`
layer of Keras 2 logs one).

## Why
Layers and models find their variables by watching attribute assignments, and what they recognise differs:

| on a layer or model | Keras 2 | Keras 3 |
|---|---|---|
| `self.add_weight(…)`, `keras.Variable` (Keras 3) | listed | listed |
| `self.v = tf.Variable(…)`, also in a list, tuple or dict | listed | **not** |
| `TransformedVariable`, or a TFP object that holds a `tf.Variable` | listed | **not** |
| a `tf.Module` that holds a `tf.Variable` | listed | **not** |
| a plain object that holds a `tf.Variable` | **not** | **not** |
| a plain object that holds a layer | **not** | **not** |
| the loss that `compile` is given: its variables, whatever kind of object it is | **not** | **not** |
| a variable that the body of the class makes | **not** | **not** |
| a `Lambda` layer whose function uses a variable from outside | **not** | **not** |

A `tf.Module` that holds a Keras 3 weight lists nothing.

What to write instead: create the weight with `self.add_weight`. In Keras 2, letting the object that holds
it derive from `tf.Module` is enough.

## Broken
### Keras 3: a `tf.Variable` on a layer
```python keras=3 unlisted=scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = tf.Variable(tf.ones([3]), name="scale")

    def call(self, x):
        return x * self.scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2: a plain object that holds the variable
```python keras=2 unlisted=scale
import tensorflow as tf


class Settings:
    def __init__(self):
        self.scale = tf.Variable(tf.ones([3]), name="scale")


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.settings = Settings()

    def call(self, x):
        return x * self.settings.scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Keras 3: `add_weight`
```python keras=3 ok=scale
import tensorflow as tf


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")

    def call(self, x):
        return x * self.scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2: a `tf.Module` that holds it
```python keras=2 ok=scale
import tensorflow as tf


class Settings(tf.Module):
    def __init__(self):
        self.scale = tf.Variable(tf.ones([3]), name="scale")


class Rescale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.settings = Settings()

    def call(self, x):
        return x * self.settings.scale


def make_model():
    return Rescale()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
`--unsafe-fixes` writes `self.add_weight` with the same name, shape and start on a Keras 3 layer, and builds what held
the variable under the tape. It is unsafe: a weight that begins to train changes the model, and a checkpoint holds it
under another path. In the place of a `TransformedVariable` it puts a `DeferredTensor` of such a weight. A class of no
base, or of `tf.Module`, that makes the variable is derived from Keras' `Layer`, and on Keras 2 or for a `tf.Module`
that holds it from `tf.Module`, unless it assigns what means something else there.

## Known missed
- A `Lambda` layer's variable: a probe sees it, the linter not yet.
- A holder that gradlint cannot follow, and a variable that is taken out of the lists later.

## Known false alarms
- A training loop outside the project that hands the variable to the optimizer itself. If the variable should not
  train, say so with `trainable=False`: then it is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.finding import finding_of_weight
from gradlint.rules.rule import Rule
from gradlint.run import COMPILED_WITH_IT, Dialect, End, Listing, Run

RULE = Rule(
    code="GRD302",
    name="variable-not-tracked",
    summary="A variable that the optimizer does not see",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Weights that a forward pass reads and their owner does not list."""
    said = set()
    for journey in run.journeys:
        weight = journey.weight
        if not weight.trainable or weight.created is None or weight.listing is not Listing.UNLISTED:
            continue
        if (weight.created, weight.label) in said:
            continue
        if weight.of_layer and not journey.has(End.REACHES):  # a teacher's, as likely as not
            continue
        said.add((weight.created, weight.label))
        holder = weight.holder or "its owner"
        if weight.of_layer:
            remedy = "keep the layer in an attribute of a layer or model, or derive what holds it from Keras' `Layer`"
        elif weight.holder == COMPILED_WITH_IT:
            remedy = "make it a weight of the model and hand it to the loss"
        elif run.dialect is Dialect.KERAS_3:
            remedy = "create it with `self.add_weight(…)`"
        else:
            remedy = "make the variable, or a `tf.Module` that holds it, an attribute of the layer or model"
        message = f"`{weight.label}` never trains: {holder} does not list it in `trainable_variables`"
        yield finding_of_weight(RULE, run.dialect, journey, weight.created, message, remedy)
