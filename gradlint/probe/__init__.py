"""The runtime half: run a model, ask the tape, and say for each missing gradient where it was lost.

`gradlint.probe` is this package and a function: `gradlint.probe(model)` works whatever was imported before.
TensorFlow is imported when a model is probed, not when this package is.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gradlint.probe.accepting import Accept, accepted
from gradlint.probe.errors import GradientError, GradientWarning, ProbeError
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport, accepts_nothing

if TYPE_CHECKING:
    from gradlint.probe.run_probe import Loss

__all__ = [
    "GradientError",
    "GradientWarning",
    "NotChecked",
    "ProbeError",
    "ProbeReport",
    "ProbedVariable",
    "assert_gradients",
    "probe",
]


def probe(
    model_or_factory: Any,
    inputs: Any = None,
    *,
    loss: Callable[[Any, Any], Any] | None = None,
    accept: Accept = (),
    numeric: bool = False,
    per_layer: bool = False,
) -> ProbeReport:
    """Ask the tape for every gradient of a model, and say for each missing one where it was lost.

    Args:
        model_or_factory: a Keras layer or model, a `tf.Module`, any object that lists its `trainable_variables`, or a
            function that makes one or a pair of one and its inputs. Only from a function does the probe see the
            setup, and so the lines that froze a weight.
        inputs: what the model is called with, or a function that makes it; else taken from the model's input spec.
            A compiled model also takes a batch as `fit` does, (x, y) or (x, y, sample_weight).
        loss: a function of the model and the inputs. The default is what `fit` would differentiate where the model is
            compiled and given a batch; else the mean of each float output times a fixed random tensor, plus the
            losses that the model added.
        accept: globs of weights that are known to get no gradient, by their path or their name in Keras; a mapping
            from globs to reasons says why.
        numeric: hold every gradient against finite differences of the loss, too (GRD503): four calls a weight.
        per_layer: ask each Keras layer alone, too, with the inputs that it gets: what is lost above it hides nothing.

    Raises:
        ProbeError: the model could not be made or called.
    """
    from gradlint.probe.run_probe import Settings
    from gradlint.probe.run_probe import probe as run

    return run(
        model_or_factory, inputs, Settings(loss=loss, accept=accepted(accept), numeric=numeric, per_layer=per_layer)
    )


def assert_gradients(
    model: Any,
    inputs: Any = None,
    *,
    loss: Callable[[Any, Any], Any] | None = None,
    accept: Accept = (),
    numeric: bool = False,
    per_layer: bool = False,
) -> None:
    """Fail unless every weight of a model gets a gradient. The arguments are those of `probe`.

    Raises:
        GradientError: an `AssertionError` that names every weight at fault, its line and what to write instead.
        ProbeError: the model could not be made or called.
    """
    __tracebackhide__ = True  # pytest shows the test's own line
    found = probe(model, inputs, loss=loss, accept=accept, numeric=numeric, per_layer=per_layer)
    found.raise_if_broken()
    for line in accepts_nothing(found):
        warnings.warn(line, GradientWarning, stacklevel=2)


class _CallableModule(ModuleType):
    """Importing any part of this package binds `gradlint.probe` to the package; calling it must still probe."""

    def __call__(
        self,
        model_or_factory: Any,
        inputs: Any = None,
        *,
        loss: Loss | None = None,
        accept: Accept = (),
        numeric: bool = False,
        per_layer: bool = False,
    ) -> ProbeReport:
        return probe(model_or_factory, inputs, loss=loss, accept=accept, numeric=numeric, per_layer=per_layer)


sys.modules[__name__].__class__ = _CallableModule
