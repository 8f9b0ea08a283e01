"""# gradient-stopped (GRD205)

## What happens
Every way from a weight to the loss goes through `tf.stop_gradient` (or `keras.ops.stop_gradient`,
`tf.keras.backend.stop_gradient`). The weight is listed as trainable and gets no gradient.

This is a warning, and **often intended**: target networks, frozen backbones, straight-through
estimators. If it is meant, better say it where the reader looks for it, with `trainable=False`; or mark
the line: `# gradlint: ignore[GRD205] the backbone is fixed`.

The same is told, by a probe, of what runs under `tape.stop_recording()` or `tf.init_scope()`.

## Why
`tf.stop_gradient(x)` returns `x` and tells the tape to forget where it came from. It cuts for all weights
behind it at once, also for those that nobody thought of: a weight that was added in front of it later
is cut too.

What to write instead: take it out, or move it so that the weight keeps a live way. If the weights should
not train, create them with `trainable=False`: then nothing is asked of them, and `fit` does not warn.

## Broken
```python keras=2,3 ok=head none=backbone
import tensorflow as tf


class Classifier(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.backbone = self.add_weight(name="backbone", shape=[3, 4])
        self.head = self.add_weight(name="head", shape=[4, 2])

    def call(self, x):
        features = tf.stop_gradient(tf.tanh(x @ self.backbone))
        return features @ self.head


def make_model():
    return Classifier()


def inputs():
    return tf.ones([4, 3])
```

## Sound
### Keras 2 and 3: let the gradient through
```python keras=2,3 ok=backbone,head
import tensorflow as tf


class Classifier(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.backbone = self.add_weight(name="backbone", shape=[3, 4])
        self.head = self.add_weight(name="head", shape=[4, 2])

    def call(self, x):
        features = tf.tanh(x @ self.backbone)
        return features @ self.head


def make_model():
    return Classifier()


def inputs():
    return tf.ones([4, 3])
```

### Keras 2 and 3: say that it does not train
```python keras=2,3 ok=head
import tensorflow as tf


class Classifier(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.backbone = self.add_weight(name="backbone", shape=[3, 4], trainable=False)
        self.head = self.add_weight(name="head", shape=[4, 2])

    def call(self, x):
        features = tf.stop_gradient(tf.tanh(x @ self.backbone))
        return features @ self.head


def make_model():
    return Classifier()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: gradlint cannot know which of the two was meant.

## Known missed
- A `tf.custom_gradient` function that returns None, or zeros.
- What a method beside `call` stops of another net that the object holds: it may be a target, or a teacher. Where a tape
  is asked for the gradients of that net, the linter says so there.
- A gradient that is stopped beside an `assign` that carries the weight as well: only the latter is told.

## Known false alarms
- Stopping on purpose, see above. A straight-through estimator `x + tf.stop_gradient(f(x) - x)` has a live
  way and is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD205",
    name="gradient-stopped",
    summary="`stop_gradient` stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "take it out, or exclude the weight from training; leave it if it is intended"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.STOP_GRADIENT, Kind.PAUSED_TAPE}), REMEDY)
