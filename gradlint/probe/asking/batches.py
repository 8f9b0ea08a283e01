"""The first batch of a `fit`: looked at, put back, and given to the loss that Keras would compute of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import islice
from typing import Any

from gradlint.probe.asking import model as models
from gradlint.probe.asking.counters import losses_not_counted
from gradlint.probe.errors import ProbeError
from gradlint.probe.recording import hooks


def peeked(model: Any, data: Any) -> tuple[Any, Any]:
    """The first batch of what Keras gives a train function, and the same data with that batch still ahead.

    The batch is None if the data have ended.

    Raises:
        ProbeError: the data are not read here, but by the replicas of a distribution strategy.
    """
    tf = hooks.tensorflow()
    if not isinstance(data, tf.data.Iterator):
        raise ProbeError(
            f"`fit` takes its data from a `{type(data).__name__}`, of which no batch can be looked at from outside: "
            "probe the model itself, `gradlint.probe(make_model, inputs)`"
        )
    taken = list(islice(data, models.steps_per_execution(model)))
    if not taken:
        return None, data
    datasets = [tf.data.Dataset.from_tensors(batch) for batch in taken]
    again = functools.reduce(lambda some, more: some.concatenate(more), datasets)
    # The shapes of these batches are known, those of the others are not: the train function must not be traced twice.
    variant = tf.data.experimental.to_variant(again)
    return taken[0], iter(tf.data.experimental.from_variant(variant, data.element_spec))


def compiled_loss(trained: Any) -> Callable[[Any, Any], Any]:
    """What Keras' own `train_step` takes the gradient of, for the model that is trained or a second one like it."""

    def loss(model: Any, batch: Any) -> Any:
        x, y, weights = unpacked(batch)
        outputs = models.call_with_one(model, x, training=True)
        with losses_not_counted(trained, outputs):
            total = models.compute_loss(trained, x=x, y=y, y_pred=outputs, sample_weight=weights)
        return total if model is trained else hooks.tensorflow().add_n([total, *model.losses])

    return loss


def unpacked(batch: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and sample weights, as Keras reads a batch."""
    parts = tuple(batch) if isinstance(batch, list | tuple) else (batch,)
    x, y, weights = (*parts, None, None)[:3]
    return x, y, weights
