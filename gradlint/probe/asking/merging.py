"""Puts the reports on the several losses of one model together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradlint.probe import report
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport

BEST_FIRST = (report.OK, report.ZERO, report.NONFINITE, report.NONE, report.NOT_TRAINED)


def merged(reports: Sequence[ProbeReport], trainable: Sequence[bool]) -> ProbeReport:
    """One report: each variable as the losses that it is trained by say, at their best.

    `trainable` says what the model itself says of each variable.
    """
    chosen: list[ProbedVariable] = []
    unasked: list[NotChecked] = []
    for position, is_trainable in enumerate(trainable):
        best = min((each.variables[position] for each in reports), key=_rank)
        if is_trainable and not best.trainable:
            best = replace(best, trainable=True, reason="")
            unasked.append(NotChecked(best.path, "the `train_step` of the model asks for no gradient of it"))
        chosen.append(best)
    untracked = {each.path: each for found in reports for each in found.untracked}
    weights = {each.diagnostic.weight for each in (*chosen, *untracked.values()) if each.diagnostic is not None}
    said = {each: None for found in reports for each in found.diagnostics if each.weight in weights}
    notes = {each: None for found in reports for each in found.not_checked}
    return replace(
        reports[0],
        variables=tuple(chosen),
        untracked=tuple(untracked.values()),
        diagnostics=tuple(sorted(said, key=lambda each: each.sort_key)),
        not_checked=(*notes, *unasked),
    )


def _rank(variable: ProbedVariable) -> int:
    return BEST_FIRST.index(variable.gradient)
