"""# weight-not-used (GRD301)

## What happens
A weight is created, listed as trainable, and the result does not depend on it. Its gradient is None and it
keeps its first value; it still takes memory, goes into each checkpoint and makes `fit` warn.

Nothing was cut here. In the linter this is a **note**, because a subclass or a loss elsewhere may use the
weight; in a probe it is a warning, because the tape was asked.

## Why
The forward pass does not read the weight, or reads only what does not depend on its value: its shape, its
dtype, `tf.ones_like(self.bias)`, `tf.zeros_like`.

What to write instead: use it in `call`, or do not create it. If it is state that should not train, create
it with `trainable=False`.

## Broken
```python keras=2,3 ok=kernel none=bias
import tensorflow as tf


class Affine(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])
        self.bias = self.add_weight(name="bias", shape=[2])

    def call(self, x):
        return x @ self.kernel


def make_model():
    return Affine()


def inputs():
    return tf.ones([4, 3])
```

## Sound
```python keras=2,3 ok=kernel,bias
import tensorflow as tf


class Affine(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3, 2])
        self.bias = self.add_weight(name="bias", shape=[2])

    def call(self, x):
        return x @ self.kernel + self.bias


def make_model():
    return Affine()


def inputs():
    return tf.ones([4, 3])
```

## Fix safety
Not fixed automatically: removing a weight changes the checkpoint's layout, using it changes the model.

## Known missed
- A weight that is used in one branch of an `if` on data.
- A weight that is multiplied by zero: it has a gradient, of zeros.

## Known false alarms
- A weight that other code reads through the object: a custom loss, a training loop. In a
  probe: the pooler of a text encoder that this loss has no use for. Accept it there with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.finding import finding_of_weight
from gradlint.rules.rule import Rule
from gradlint.run import End, Kind, Role, Run

RULE = Rule(
    code="GRD301",
    name="weight-not-used",
    summary="A weight that the loss does not use",
    severity=Severity.WARNING,
)
OF_WEIGHT = "use it in the forward pass, or create it with `trainable=False`"
OF_TENSOR = {
    Kind.ANSWER: "compute the target from this very tensor: one model that gives both does",
    Kind.WATCHED: "compute the target from this very tensor",
}


def check(run: Run) -> Iterator[Diagnostic]:
    """Weights whose every way is unused. What the static half concluded is a note, what a probe measured a warning.

    A weight that its own class leaves alone may be used by whoever holds the object. The source alone does not say
    which of the weights that one line makes is meant, and what becomes of one of them is told; a probe has seen each.
    """
    ends = () if run.measured else (End.REACHES, End.FROZEN, End.CUT)
    used = {journey.weight.created for journey in run.journeys if any(map(journey.has, ends))}
    for journey in run.journeys:
        weight = journey.weight
        if not weight.trainable or weight.created is None or weight.created in used:
            continue
        if journey.ways and all(way.end is End.UNUSED for way in journey.ways):
            message = f"`{weight.label}` gets no gradient: the result does not depend on it"
            created = journey.ways[0].first(Role.CREATED)
            remedy = OF_TENSOR.get(created.kind, OF_WEIGHT) if created is not None else OF_WEIGHT
            severity = None if run.measured else Severity.NOTE
            yield finding_of_weight(RULE, run.dialect, journey, weight.created, message, remedy, severity)
