"""What Keras 2 counts while it computes the loss of `compile`: the mean of the losses so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradlint.probe.asking import model as models
from gradlint.probe.recording import hooks
from gradlint.run import Dialect


@contextmanager
def losses_not_counted(model: Any, outputs: Any) -> Iterator[None]:
    """Keep a loss from being counted where a distribution strategy holds the counters.

    Only its replicas may change those, and a probe computes its loss outside of them.
    """
    compiled: Any = getattr(model, "compiled_loss", None)
    strategy = getattr(model, "distribute_strategy", None)
    if (
        compiled is None
        or models.dialect_of(model) is not Dialect.KERAS_2
        or strategy is hooks.tensorflow().distribute.get_strategy()
    ):
        yield
        return
    if not compiled.metrics:  # they are made with the first loss
        compiled.build(outputs)
    counters = compiled.metrics
    for counter in counters:
        object.__setattr__(counter, "update_state", _nothing)
    try:
        yield
    finally:
        for counter in counters:
            object.__delattr__(counter, "update_state")


def _nothing(*_: object, **__: object) -> None:
    """Nothing is counted while a probe looks."""
