"""What is trained by a model that is not called: the `training_loss` that models of GPflow have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.asking import inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.subject import Settings
from gradlint.probe.errors import ProbeError


def is_uncalled(model: Any) -> bool:
    """Whether a module has no call to make, and so no outputs to differentiate."""
    return not callable(model) and not models.is_distribution(model)


def uncalled_settings(model: Any, chosen: Settings, given: inputs.Maker | None) -> Settings:
    """The settings that ask for its `training_loss`, of the inputs as a batch if it takes one.

    Raises:
        ProbeError: it has none, or no batch was given.
    """
    name = type(model).__name__
    compute = getattr(model, "training_loss", None)
    if not callable(compute):
        raise ProbeError(
            f"`{name}` cannot be called and has no `training_loss`: say what is trained (`loss=…`, or "
            "`--loss FILE:callable` on the command line)"
        )
    if not models.wants_arguments(compute):
        return replace(chosen, loss=lambda model, _: model.training_loss(), words=report.OF_TRAINING_LOSS)
    if given is None:
        raise ProbeError(
            f"the `training_loss` of `{name}` takes a batch: pass it as the inputs (`inputs=…`, or "
            "`--inputs FILE:callable` on the command line)"
        )
    return replace(chosen, loss=lambda model, batch: model.training_loss(batch), words=report.OF_TRAINING_LOSS)
