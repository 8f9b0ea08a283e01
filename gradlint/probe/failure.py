"""The text of a failed assertion: what does not train, where that was lost, and how to accept it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.probe.report import ProbedVariable, ProbeReport
from gradlint.reports.full import finding
from gradlint.reports.lines import lines_of_program
from gradlint.reports.palette import Palette
from gradlint.reports.summary import counted

MOST_NAMED = 4
STATES = {"none": "no gradient", "nonfinite": "a gradient that is not finite", "zero": "a gradient of zero"}


def failure(report: ProbeReport) -> str:
    """Names every weight at fault in its first line, and then shows the line of each."""
    findings = report.findings
    reasons = {each.path: each.reason for each in report.not_checked}
    parts = [_headline(report)]
    told: set[tuple[object, ...]] = set()
    for group in _by_cause(findings):
        first = group[0]
        if first.diagnostic is None:
            parts.append(f"{_described(first)}\n  no line to show: {reasons.get(first.path, 'the cause is not known')}")
            continue
        others = [_described(each) for each in group[1:]]
        text = finding(first.diagnostic, lines_of_program, Palette()).rstrip("\n")
        parts.append("\n".join([text, *([f"  the same: {', '.join(others)}"] if others else [])]))
        told.update(_cause(each.diagnostic) for each in group if each.diagnostic is not None)
    for diagnostic in report.diagnostics:
        if diagnostic.severity is not Severity.NOTE and _cause(diagnostic) not in told:
            parts.append(finding(diagnostic, lines_of_program, Palette()).rstrip("\n"))
    if findings:
        parts.append(f"If that is meant: accept=[{_listed([repr(each.path) for each in findings])}]")
    return "\n\n".join(parts)


def _headline(report: ProbeReport) -> str:
    findings = report.findings
    trained = sum(each.trainable for each in (*report.variables, *report.untracked))
    if not findings:
        return f"{counted(len(report.diagnostics), 'finding')} about {counted(trained, 'weight')}"
    verb = "does" if len(findings) == 1 else "do"
    return f"{len(findings)} of {counted(trained, 'weight')} {verb} not train: {_listed([f.path for f in findings])}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])])


def _described(variable: ProbedVariable) -> str:
    state = STATES.get(variable.gradient, "not listed by the model")
    return f"`{variable.path}` ({state})"


def _by_cause(findings: Sequence[ProbedVariable]) -> Iterator[list[ProbedVariable]]:
    """Weights that lost their gradient in the same way at the same place stand together."""
    groups: dict[tuple[object, ...], list[ProbedVariable]] = {}
    for each in findings:
        key = (each.path,) if each.diagnostic is None else _cause(each.diagnostic)
        groups.setdefault(key, []).append(each)
    yield from groups.values()


def _cause(diagnostic: Diagnostic) -> tuple[object, ...]:
    return (diagnostic.code, diagnostic.span)
