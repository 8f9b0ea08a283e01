"""What a `train_step` of the model's own gives to its optimizers, seen while Keras runs or traces it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gradlint.probe import report
from gradlint.probe.accepting import Accepted, reason_for
from gradlint.probe.asking import model as models
from gradlint.probe.recording.walk import walk
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport


@contextmanager
def gradients_applied(model: Any) -> Iterator[dict[int, bool]]:
    """By the id of each variable that an optimizer of the model gets: whether it ever comes with a gradient."""
    seen: dict[int, bool] = {}
    watched = [each for each in vars(model).values() if callable(getattr(each, "apply_gradients", None))]
    watched += [model.optimizer] if all(each is not model.optimizer for each in watched) else []
    for optimizer in watched:
        _watch(optimizer, seen)
    try:
        yield seen
    finally:
        for optimizer in watched:
            object.__delattr__(optimizer, "apply_gradients")


def _watch(optimizer: Any, seen: dict[int, bool]) -> None:
    apply = optimizer.apply_gradients

    def apply_gradients(grads_and_vars: Iterable[tuple[Any, Any]], *arguments: Any, **keywords: Any) -> Any:
        pairs = list(grads_and_vars)
        for gradient, variable in pairs:
            key = id(models.inner_variable(variable))
            seen[key] = seen.get(key, False) or gradient is not None
        return apply(pairs, *arguments, **keywords)

    object.__setattr__(optimizer, "apply_gradients", apply_gradients)


def explained(found: ProbeReport, stand_in: ProbeReport) -> ProbeReport:
    """What a step applied, with the causes that a probe of the same step on other numbers found for it."""
    causes = {each.path: each.diagnostic for each in stand_in.variables if each.gradient == report.NONE}
    variables = tuple(
        replace(each, diagnostic=causes.get(each.path)) if each.gradient == report.NONE else each
        for each in found.variables
    )
    lost = {each.path for each in variables if each.diagnostic is not None}
    told = dict.fromkeys(each.diagnostic for each in variables if each.diagnostic is not None and not each.accepted)
    return replace(
        found,
        variables=variables,
        diagnostics=tuple(sorted(told, key=lambda each: each.sort_key)),
        not_checked=tuple(each for each in found.not_checked if each.path not in lost),
        loss=stand_in.loss,
    )


def report_of(model: Any, seen: dict[int, bool], accept: Accepted) -> ProbeReport:
    """Which weights came without a gradient. What the step's loss is cannot be seen from outside, nor any cause."""
    found = walk(model)
    variables, notes = [], []
    reason = (
        "the model has a `train_step` of its own, so its loss is not known: for the line, give the callback its "
        "`loss`, a function of the model and a batch"
    )
    for each in models.listed(model):
        key = id(each.variable)
        path = found[key].path if key in found else str(each.shown.name)
        state = report.NOT_TRAINED
        if each.trainable and key in seen:
            state = report.OK if seen[key] else report.NONE
        elif each.trainable:
            notes.append(NotChecked(path, "the `train_step` of the model gave it to no optimizer that could be seen"))
        if state == report.NONE:
            notes.append(NotChecked(path, reason))
        accepted = reason_for((path, *models.names_of(each.shown)), accept)
        variables.append(
            ProbedVariable(
                path=path,
                name=str(each.shown.name),
                shape=tuple(each.variable.shape.as_list()),
                dtype=str(each.variable.dtype.name),
                trainable=each.trainable,
                gradient=state,
                accepted=accepted is not None,
                reason=accepted or "",
            )
        )
    return ProbeReport(models.dialect_of(model), tuple(variables), not_checked=tuple(notes))
