"""Asks about the weights of a call that raised: in a way in which it does not raise, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradlint.probe import report
from gradlint.probe.asking.subject import Subject, construct
from gradlint.probe.errors import ProbeError, described
from gradlint.probe.recording import keras_hooks
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport
from gradlint.run import Dialect

Ask = Callable[[Subject], ProbeReport]
"""Probes one subject."""

IN_VAIN = "not asked, since the call raised"


def asked_regardless(whole: ProbeReport, subject: Subject, ask: Ask) -> ProbeReport:
    """The report on a call that raised, with what the weights get that had nothing to do with it."""
    explained = {each.path for each in (*whole.variables, *whole.untracked) if each.diagnostic is not None}
    if all(each.path in explained for each in whole.variables if each.trainable):
        return whole
    raised = f"the call raised {described(subject.failure)}" if subject.failure is not None else ""
    found, how = _asked(subject, ask)
    if found is None or [each.path for each in found.variables] != [each.path for each in whole.variables]:
        note = NotChecked(subject.name, f"{raised}, so the tape could be asked about no weight")
        rows = tuple(_asked_in_vain(each) for each in whole.variables) if explained else whole.variables
        return replace(whole, variables=rows, not_checked=(*whole.not_checked, note))
    rows = tuple(
        mine if mine.path in explained else other for mine, other in zip(whole.variables, found.variables, strict=True)
    )
    others = [each for each in found.untracked if each.path not in explained]
    said = [*whole.diagnostics, *(each for each in found.diagnostics if each.weight not in explained)]
    note = NotChecked(subject.name, f"{raised}, so the weights that do not explain it were asked {how}")
    return replace(
        whole,
        variables=rows,
        untracked=(*(each for each in whole.untracked if each.path in explained), *others),
        diagnostics=tuple(sorted(dict.fromkeys(said), key=lambda each: each.sort_key)),
        not_checked=(*whole.not_checked, *found.not_checked, note),
    )


def _asked(subject: Subject, ask: Ask) -> tuple[ProbeReport | None, str]:
    """What the tape says where the call does not raise, and how that was done."""
    settings = replace(subject.settings, per_layer=False)
    if subject.factory is None or subject.dialect is not Dialect.KERAS_3:
        return None, ""
    with keras_hooks.built_by_calls():
        model, _ = construct(subject.factory, setup := Recorder())
        other = Subject(model, subject.given, settings, setup, subject.factory)
        return _unless_it_raises(other, ask), "of a second model, whose layers were built outside of a graph"


def _unless_it_raises(subject: Subject, ask: Ask) -> ProbeReport | None:
    try:
        found = ask(subject)
    except ProbeError:
        return None
    return found if subject.failure is None else None


def _asked_in_vain(variable: ProbedVariable) -> ProbedVariable:
    if not variable.trainable or variable.diagnostic is not None:
        return variable
    return replace(variable, gradient=report.NOT_TRAINED, reason=IN_VAIN)
