"""# constructor-freezes-argument (GRD108)

## What happens
A distribution, bijector, PSD kernel or linear operator class of your own turns what it is given into a
tensor in its constructor: `self._loc = tf.convert_to_tensor(loc)`, `self._scale = tf.exp(log_scale)`.
Whoever gives it a `tf.Variable` gets no gradient for it, unless they make the object anew under each tape.

This rule is off unless it is selected: `--extend-select GRD108`. It reads the class alone and needs no
program that uses it.

## Why
The objects of TensorFlow Probability are made to outlive a tape: build once, train many steps. So their
constructors keep the variable that they are given and convert it in the methods; TFP calls that
"tape-safe" and rebuilt its own classes that way in 2019. A tensor made in the constructor is a number to
every later tape, and in `model.fit` nothing says so.

What to write instead: keep the argument as it is, or through `tensor_util.convert_nonref_to_tensor` (in
`tensorflow_probability.python.internal`), which converts lists and arrays and leaves variables alone.
Compute what is derived from it in the methods or in a property. Where a constructor of a library wants a
derived tensor, `tfp.util.DeferredTensor(log_scale, tf.exp)` computes it each time that it is read.

## Broken
```python keras=2,3 none=loc,log_scale
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Laplace(tfd.Distribution):
    def __init__(self, loc, log_scale, name="Laplace"):
        parameters = dict(locals())
        self._loc = tf.convert_to_tensor(loc)
        self._scale = tf.exp(log_scale)
        super().__init__(tf.float32, tfd.NOT_REPARAMETERIZED, False, True, parameters=parameters, name=name)

    def _log_prob(self, value):
        scale = self._scale
        return -tf.abs(value - self._loc) / scale - tf.math.log(2.0 * scale)


loc, log_scale = tf.Variable(0.5), tf.Variable(0.1)
laplace = Laplace(loc, log_scale)

with tf.GradientTape() as tape:
    log_prob = laplace.log_prob([1.0, 2.0])

found = tape.gradient(log_prob, [loc, log_scale])
gradients = {"loc": found[0], "log_scale": found[1]}
```

```python keras=2,3 none=log_width
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Box(tfd.Uniform):
    def __init__(self, log_width, name="Box"):
        super().__init__(0.0, tf.exp(log_width), name=name)


log_width = tf.Variable(0.1)
box = Box(log_width)

with tf.GradientTape() as tape:
    entropy = box.entropy()

gradients = {"log_width": tape.gradient(entropy, log_width)}
```

```python keras=2,3 none=log_rate
import tensorflow as tf
import tensorflow_probability as tfp


class Decay(tfp.math.psd_kernels.PositiveSemidefiniteKernel):
    def __init__(self, log_rate, name="decay"):
        self._rate = tf.exp(log_rate)
        super().__init__(feature_ndims=1, name=name)

    def _batch_shape(self):
        return tf.TensorShape([])

    def _apply(self, x1, x2, example_ndims=0):
        return tf.exp(-self._rate * tf.reduce_sum(tf.abs(x1 - x2), axis=-1))


log_rate = tf.Variable(0.3)
kernel = Decay(log_rate)
points = tf.constant([[0.1], [0.4], [0.9]])

with tf.GradientTape() as tape:
    matrix = kernel.matrix(points, points)

gradients = {"log_rate": tape.gradient(matrix, log_rate)}
```

## Sound
```python keras=2,3 ok=loc,log_scale
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Laplace(tfd.Distribution):
    def __init__(self, loc, log_scale, name="Laplace"):
        parameters = dict(locals())
        self._loc = loc
        self._log_scale = log_scale
        super().__init__(tf.float32, tfd.NOT_REPARAMETERIZED, False, True, parameters=parameters, name=name)

    def _log_prob(self, value):
        scale = tf.exp(self._log_scale)
        return -tf.abs(value - self._loc) / scale - tf.math.log(2.0 * scale)


loc, log_scale = tf.Variable(0.5), tf.Variable(0.1)
laplace = Laplace(loc, log_scale)

with tf.GradientTape() as tape:
    log_prob = laplace.log_prob([1.0, 2.0])

found = tape.gradient(log_prob, [loc, log_scale])
gradients = {"loc": found[0], "log_scale": found[1]}
```

```python keras=2,3 ok=log_width
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Box(tfd.Uniform):
    def __init__(self, log_width, name="Box"):
        super().__init__(0.0, tfp.util.DeferredTensor(log_width, tf.exp), name=name)


log_width = tf.Variable(0.1)
box = Box(log_width)

with tf.GradientTape() as tape:
    entropy = box.entropy()

gradients = {"log_width": tape.gradient(entropy, log_width)}
```

```python keras=2,3 ok=log_rate
import tensorflow as tf
import tensorflow_probability as tfp


class Decay(tfp.math.psd_kernels.PositiveSemidefiniteKernel):
    def __init__(self, log_rate, name="decay"):
        self._log_rate = log_rate
        super().__init__(feature_ndims=1, name=name)

    def _batch_shape(self):
        return tf.TensorShape([])

    def _apply(self, x1, x2, example_ndims=0):
        return tf.exp(-tf.exp(self._log_rate) * tf.reduce_sum(tf.abs(x1 - x2), axis=-1))


log_rate = tf.Variable(0.3)
kernel = Decay(log_rate)
points = tf.constant([[0.1], [0.4], [0.9]])

with tf.GradientTape() as tape:
    matrix = kernel.matrix(points, points)

gradients = {"log_rate": tape.gradient(matrix, log_rate)}
```

## Fix safety
`--fix` and `--unsafe-fixes` keep the argument as it is and make the attribute a property that computes what the
constructor did, in every call and under `tf.function`. It is unsafe where the argument may be anything that the
object would then track. Checks in the constructor stay there.

## Known missed
- `self._first = weights[0]`, where a list of weights may be meant.
- What a function that was given to the constructor returns there: `self._first = make_distribution(0.0)`.
- What a helper of another package returns, and the attributes of an object that was given: `prior.loc * 2.0`.
- Arithmetic alone, as in `self._rest = 1.0 - rate`, where nothing tells that `rate` is more than a Python number.

```python keras=2,3 none=rate
import tensorflow as tf
import tensorflow_probability as tfp


class Mixed(tfp.math.psd_kernels.PositiveSemidefiniteKernel):
    def __init__(self, rate, name="mixed"):
        self._rest = 1.0 - rate
        super().__init__(feature_ndims=1, name=name)

    def _batch_shape(self):
        return tf.TensorShape([])

    def _apply(self, x1, x2, example_ndims=0):
        return self._rest * tf.reduce_sum(x1 * x2, axis=-1)


rate = tf.Variable(0.3)
kernel = Mixed(rate)
points = tf.constant([[0.1], [0.4], [0.9]])

with tf.GradientTape() as tape:
    matrix = kernel.matrix(points, points)

gradients = {"rate": tape.gradient(matrix, rate)}
```

## Known false alarms
- A parameter that nobody would train, as an observed series, a table or a clipping threshold, is told like any
  other where it is kept as a float tensor: frozen it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Confidence, Diagnostic, Remedy, Severity
from gradlint.rules.rule import Rule
from gradlint.rules.words import quoted
from gradlint.run import Dialect, End, Journey, Kind, Role, Run, Span, Stop, Way

RULE = Rule(
    code="GRD108",
    name="constructor-freezes-argument",
    summary="The constructor of a distribution, bijector or kernel class of one's own freezes its arguments",
    severity=Severity.WARNING,
    on=False,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """A finding for each operation by which a constructor freezes a parameter, whatever classes inherit it."""
    found: dict[tuple[Span, str], Diagnostic] = {}
    for journey in run.constructors:
        for way in journey.ways:
            if way.end is End.FROZEN:
                finding = _finding(journey, way)
                key = (finding.span, journey.weight.label)
                if key not in found or _distance(finding) < _distance(found[key]):
                    found[key] = finding
    yield from found.values()


def _distance(finding: Diagnostic) -> tuple[bool, int]:
    """How far the parameter stands from the operation: the class whose own constructor freezes it is told."""
    return finding.stops[0].function != finding.enclosing, len(finding.stops)


def _finding(journey: Journey, way: Way) -> Diagnostic:
    place = way.first(Role.CUT) or way.first(Role.READ) or way.stops[0]
    given = f"a weight given as `{journey.weight.label}` to `{journey.owner}`"
    loss = "lacks a part of its gradient" if journey.has(End.REACHES) else "gets no gradient"
    return Diagnostic(
        code=RULE.code,
        name=RULE.name,
        severity=RULE.severity,
        confidence=Confidence.CERTAIN,
        message=f"{given} {loss}: {quoted(place.text)} reads it once, in the constructor",
        span=place.span,
        weight=journey.weight.label,
        dialect=Dialect.ANY,
        stops=tuple(Stop(s.role, _words(s, place), s.span, s.kind, s.text, s.function, s.name) for s in way.stops),
        remedies=(Remedy(Dialect.ANY, _remedy(journey.weight.label, place)),),
        enclosing=place.function,
    )


def _words(stop: Stop, place: Stop) -> str:
    if stop == place:
        return "frozen here: no tape is recording when the object is made"
    if stop.role is Role.CREATED:
        return "what is given here may be a weight"
    if stop.role is Role.KEPT:
        return f"kept in {quoted(stop.name)}" if stop.kind is Kind.ATTRIBUTE else f"kept by this {stop.kind.value}"
    return "the method sees a constant" if stop.role is Role.USED else "handed on here"


def _remedy(parameter: str, place: Stop) -> str:
    if place.text.startswith(("tf.convert_to_tensor", "tf.identity")):
        converted = f"`tensor_util.convert_nonref_to_tensor({parameter})`"
        return f"keep `{parameter}` as it is, or {converted}, and convert it in the methods"
    return f"keep `{parameter}` as it is, and compute {quoted(place.text)} in the methods or in a property"
