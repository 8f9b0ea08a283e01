"""What the web page of a probe shows."""

from __future__ import annotations

from gradlint.probe import report as states
from gradlint.probe.report import (
    LOSSES,
    OF_OUTPUTS,
    ProbedVariable,
    ProbeReport,
    accepts_nothing,
    how_far,
    unexplained,
)
from gradlint.probe.table import by_layer, remark
from gradlint.reports.html import Layer, Page, Weight
from gradlint.reports.summary import counted

WORDS = {
    states.OK: "arrives",
    states.NONE: "none",
    states.ZERO: "zero",
    states.NONFINITE: "not finite",
    states.NOT_TRAINED: "not trained",
}


def page_of(report: ProbeReport, target: str) -> Page:
    """The page of a probe of `target`."""
    everything = (*report.variables, *report.untracked)
    weights = [each for each in everything if each.trainable]
    lost = len(report.findings)
    if lost:
        verdict = f"{lost} of {counted(len(weights), 'weight')} {'does' if lost == 1 else 'do'} not train"
    elif report.ok:
        verdict = "Every weight gets its gradient"
    else:
        verdict = f"{counted(len(report.diagnostics), 'finding')}, though every weight gets a gradient"
    accepted = sum(each.accepted and each.gradient in (states.NONE, states.NONFINITE) for each in weights)
    facts = [f"Keras {report.keras.value}", counted(len(weights), "weight")]
    facts += [f"differentiated: {LOSSES[report.loss]}"] if report.loss != OF_OUTPUTS else []
    facts += [how_far(report)] if report.layers else []
    facts += [f"{accepted} accepted without a gradient"] if accepted else []
    facts += [f"{counted(len(report.not_checked), 'part')} not checked"] if report.not_checked else []
    facts += accepts_nothing(report)
    return Page(
        title=f"gradlint probe {target}",
        verdict=verdict,
        good=report.ok,
        facts=tuple(facts),
        layers=tuple(
            Layer(path, tuple(_weight(each, path, each in report.untracked) for each in members))
            for path, members in by_layer(report, worst_first=False)
        ),
        diagnostics=report.diagnostics,
        unexplained=tuple(unexplained(report)),
        not_checked=tuple(f"{each.path}: {each.reason}" for each in report.not_checked),
    )


def _weight(variable: ProbedVariable, layer: str, untracked: bool) -> Weight:
    return Weight(
        name=variable.path[len(layer) :].lstrip(".") or variable.path,
        shape=" × ".join(str(size) for size in variable.shape) or "scalar",
        dtype=variable.dtype,
        state=variable.gradient,
        words=WORDS[variable.gradient],
        norm=variable.norm,
        remark=remark(variable, untracked=untracked, code=False),
        finding=variable.diagnostic,
    )
