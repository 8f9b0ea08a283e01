"""# name-rebound-to-tensor (GRD402)

## What happens
A training loop writes `weight = weight - 0.1 * gradient`. From then on the name stands for a tensor, and the
gradient with respect to it is None.

## Why
Arithmetic on a variable gives a tensor, and `=` binds the name to it. A tape watches variables by itself, and
tensors only if it is told to or if it saw them made from something it watches. So the first step works and every
later one does not; with `0.1 * gradient` in it, the second step raises "unsupported operand type(s) for *:
'float' and 'NoneType'".

`weight -= …` raises a RuntimeError for a `tf.Variable`. A `keras.Variable` of Keras 3 becomes a tensor by it,
without a word. A name that is bound anew *inside* the block (`weight = weight * 2.0`) is sound: the tape knows
where that tensor came from.

What to write instead: `weight.assign(…)`, `weight.assign_sub(…)`, or an optimizer.

## Broken
```python keras=2,3 none=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

for _ in range(2):
    with tf.GradientTape() as tape:
        loss = (weight - 1.0) ** 2
    gradient = tape.gradient(loss, weight)
    weight = weight - 0.1

gradients = {"weight": gradient}
```

## Sound
```python keras=2,3 ok=weight
import tensorflow as tf

weight = tf.Variable(3.0, name="weight")

for _ in range(2):
    with tf.GradientTape() as tape:
        loss = (weight - 1.0) ** 2
    gradient = tape.gradient(loss, weight)
    weight.assign_sub(0.1)

gradients = {"weight": gradient}
```

## Fix safety
Not fixed automatically: another name may still hold the variable.

## Known missed
- A name that is bound to what a function of another package returns.
- An attribute: `self.weight = self.weight - 0.1 * gradient` in a class of one's own.

## Known false alarms
- None known. `weight -= …` on a `tf.Variable` is told as well, although TensorFlow refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD402",
    name="name-rebound-to-tensor",
    summary="A variable's name was bound to a tensor before its gradient was asked for",
    severity=Severity.ERROR,
)
REMEDY = "use `assign`, `assign_add` or `assign_sub` to change a variable"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.REBOUND, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: {quoted(place.text)} {CUT_BY[place.kind]}"
