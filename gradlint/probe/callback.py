"""The Keras callback: asks for the gradients of the first batch of `fit`, and explains those that are missing.

It is no subclass of a Keras class: one object works with either dialect, and importing it imports neither.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gradlint.probe import applied
from gradlint.probe.accepting import Accept, accepted
from gradlint.probe.asking import batches, fitting, inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.measure import Measured, measure
from gradlint.probe.asking.subject import Subject
from gradlint.probe.errors import GradientError, GradientWarning, ProbeError
from gradlint.probe.norms import Norms
from gradlint.probe.recording import hooks
from gradlint.probe.recording.preserve import process_preserved, values_of
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.walk import variables_in, walk
from gradlint.probe.report import ProbeReport, accepts_nothing, failure
from gradlint.probe.run_probe import Settings, probe

CHOICES = ("warn", "stop", "raise")


class GradientCheck:
    """Checks in `fit` that every weight gets a gradient: `model.fit(…, callbacks=[gradlint.GradientCheck()])`.

    The first batch goes through the model and its loss once more, outside the training step; weights, metrics and
    random numbers are put back, so that the training is what it would be without. `report` then holds what was found.

    Args:
        on_broken: `warn` (a `GradientWarning`), `stop` the training after that batch, too, or `raise` a
            `GradientError` before its training step.
        accept: globs of weights that are known to get no gradient, by their path or their name in Keras; a mapping
            from globs to reasons says why.
        loss: a function of the model and a batch, as the data yield it. The default is the loss that `fit` itself asks
            for: that of `compile` and `add_loss`, or what a `train_step` of the model's own asks its tapes.
        log_dir: write the norm of every gradient, at the first batch of each epoch, for TensorBoard.
    """

    _supports_tf_logs = True
    async_safe = True

    def __init__(
        self,
        *,
        on_broken: str = "warn",
        accept: Accept = (),
        loss: Callable[[Any, Any], Any] | None = None,
        log_dir: str | None = None,
    ) -> None:
        if on_broken not in CHOICES:
            raise ValueError(f"on_broken is one of {', '.join(CHOICES)}, not {on_broken!r}")
        self.on_broken = on_broken
        self.accept = accepted(accept)
        self.loss = loss
        self.log_dir = log_dir
        self.report: ProbeReport | None = None
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self._norms: Norms | None = None

    def set_model(self, model: Any) -> None:
        """Keras calls this first."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Keras calls this, too."""
        self.params = params

    def __getattr__(self, name: str) -> Callable[..., None]:
        # Keras has a dozen hooks, more with every version; at most of them there is nothing to do.
        if name.startswith("on_"):
            return _nothing
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _implements_train_batch_hooks(self) -> bool:
        return False

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _implements_predict_batch_hooks(self) -> bool:
        return False

    def on_train_begin(self, logs: object = None) -> None:
        """A new `fit` is a new check."""
        self.report = None

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Look at the first batch when Keras fetches it."""
        if self.report is not None and self.log_dir is None:
            return
        model, step = self.model, self.model.train_function

        def first_step(data: Any) -> Any:
            model.train_function = step
            return self._first_step(epoch, step, data)

        model.train_function = first_step

    def on_train_end(self, logs: object = None) -> None:
        """Close what was opened."""
        if self._norms is not None:
            self._norms.close()
            self._norms = None

    def _first_step(self, epoch: int, step: Callable[[Any], Any], data: Any) -> Any:
        settings = Settings(loss=self.loss, accept=self.accept, fitted=True)
        own_step = self.loss is None and fitting.has_own_step(self.model)
        if self.loss is None and not own_step:
            settings = fitting.compiled_settings(self.model, settings)
        try:
            models.check_backend(self.model)
            batch, data = batches.peeked(self.model, data)
            if batch is not None:
                self._look(epoch, batch, settings)
        except ProbeError as error:
            if own_step:
                return self._own_train_step(step, data)
            self._not_checked(str(error))
        return step(data)

    def _look(self, epoch: int, batch: Any, settings: Settings) -> None:
        try:
            if self.report is None:
                self._judge(probe(self.model, inputs.maker(batch), settings))
                norms = {each.path: each.norm for each in self.report.variables} if self.report is not None else {}
            else:
                norms = _norms_of(self.model, batch, settings)
        finally:
            self.model.reset_metrics()  # an epoch begins with empty ones, and our calls were no training
        if self.log_dir is not None:
            if self._norms is None:
                self._norms = Norms(self.log_dir)
            self._norms.write(epoch, norms)

    def _own_train_step(self, step: Callable[[Any], Any], data: Any) -> Any:
        if self.report is not None:
            return step(data)
        with applied.gradients_applied(self.model) as seen:
            logs = step(data)
        if not seen:
            self._not_checked(
                f"`{type(self.model).__name__}` has a `train_step` of its own, which asks no optimizer that is an "
                "attribute of the model, or was traced before: give the callback its `loss`, a function of the model "
                "and a batch"
            )
            return logs
        found = applied.report_of(self.model, seen, self.accept)
        specs = getattr(data, "element_spec", None)
        if found.findings and specs is not None:
            found = self._with_lines(found, specs)
        self._judge(found)
        return logs

    def _with_lines(self, found: ProbeReport, specs: Any) -> ProbeReport:
        """What the step itself showed, with the causes that it shows on numbers of the kind that a replica gets."""
        settings = Settings(accept=self.accept, fitted=True)
        try:
            stand_in = _as_a_replica(lambda: probe(self.model, inputs.like(specs), settings))
        except ProbeError:
            return found  # its lines are not known: that is in `not_checked` already
        return applied.explained(found, stand_in)

    def _judge(self, found: ProbeReport) -> None:
        self.report = found
        for line in accepts_nothing(found):
            warnings.warn(line, GradientWarning, stacklevel=2)
        if found.ok:
            return
        text = failure(found)
        if self.on_broken == "raise":
            raise GradientError(text)
        warnings.warn(text, GradientWarning, stacklevel=2)
        if self.on_broken == "stop":
            self.model.stop_training = True

    def _not_checked(self, reason: str) -> None:
        warnings.warn(f"the gradients were not checked: {reason}", GradientWarning, stacklevel=2)


def _nothing(*_: object, **__: object) -> None:
    """At this hook there is nothing to do."""


def _as_a_replica(function: Callable[[], ProbeReport]) -> ProbeReport:
    """Run it where variables have one value: in a strategy's scope they have several, and a scope is a thread's own."""
    if not hooks.tensorflow().distribute.in_cross_replica_context():
        return function()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


def _norms_of(model: Any, batch: Any, settings: Settings) -> dict[str, float | None]:
    """The norms of one plain forward and backward pass."""
    requests = fitting.Requests()
    own_step = settings.loss is None
    measured: dict[int, Measured] = {}
    with process_preserved():
        restore = values_of(variables_in(model))
        try:
            index, count = 0, 1
            while index < count:
                chosen = requests.settings(settings, index) if own_step else settings
                subject = Subject(model, inputs.maker(batch), chosen, Recorder())
                if own_step and index == 0:
                    subject.loss()  # only a run shows what the step asks for
                measured.update(measure(subject, subject.listed())[1])
                index, count = index + 1, max(1, len(requests.sources))
        finally:
            restore()
    found = walk(model)
    return {found[key].path: each.norm for key, each in measured.items() if key in found}
