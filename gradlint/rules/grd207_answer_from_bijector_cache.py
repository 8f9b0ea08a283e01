"""# answer-from-bijector-cache (GRD207)

## What happens
A TFP bijector is applied to a tensor that it has seen before the tape was entered, and the earlier result
is still alive in a name or an attribute. The bijector returns that earlier result instead of computing.
The gradient is None, for the bijector's own parameters too, and the value may be an old one.

## Why
Bijectors remember what they computed, by the identity of the input tensor, so that `inverse(forward(x))` is
exact and free. Bijectors of one class with the same variable or equal numbers as parameters share their
memory, and an entry lives as long as somebody holds the result. An answer from it was made before the tape,
or under another one.

The same memory breaks `d.log_prob(sample)` for a `MultivariateNormalTriL` and its own sample drawn outside
the tape: the gradient of `loc` is None, that of the scale is there. A `tf.Variable` as input is not
remembered.

What to write instead: give the bijector a fresh tensor, `tf.identity(x)`. Or do not keep the earlier
result: once nobody holds it, the bijector computes again.

The verdict is the same in both dialects; Keras has no part in it.

## Broken
```python keras=2,3 none=shift
import tensorflow as tf
import tensorflow_probability as tfp

x = tf.constant([0.3, 1.2, 0.7])
shift = tf.Variable(0.0, name="shift")
bijector = tfp.bijectors.Shift(shift)
before = bijector.forward(x)

with tf.GradientTape() as tape:
    loss = tf.reduce_mean(bijector.forward(x) ** 2)

gradients = {"shift": tape.gradient(loss, shift)}
```

## Sound
```python keras=2,3 ok=shift
import tensorflow as tf
import tensorflow_probability as tfp

x = tf.constant([0.3, 1.2, 0.7])
shift = tf.Variable(0.0, name="shift")
bijector = tfp.bijectors.Shift(shift)
before = bijector.forward(x)

with tf.GradientTape() as tape:
    loss = tf.reduce_mean(bijector.forward(tf.identity(x)) ** 2)

gradients = {"shift": tape.gradient(loss, shift)}
```

## Fix safety
Not fixed automatically. `tf.identity` is safe for the values, but `inverse(forward(x))` is then computed
and no longer exact.

## Known missed
- An earlier result that lives on elsewhere than in a plain name: in a list, in an attribute of an object, in a
  debugger, in the `_` of a notebook.
- Two bijectors that share their memory, one used before the tape and the other under it.

## Known false alarms
- An earlier result that only a function held that has returned since.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD207",
    name="answer-from-bijector-cache",
    summary="A bijector's cache answers with a tensor from before the tape",
    severity=Severity.WARNING,
)
REMEDY = "give the bijector a fresh tensor: `tf.identity(x)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.BIJECTOR_CACHE}), REMEDY)
