"""Fixes for findings: each is tried on the text, which is analysed again, and offered only if that heals it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gradlint.changes import Change
from gradlint.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity
from gradlint.fixes.edits import edits_between
from gradlint.run import Dialect, End, Journey, Listing, Role, Run, Span
from gradlint.static.remedies import changes_for, program_of

ONE_DIALECT = "only {} needs it"
NAMES = {Dialect.KERAS_2: "Keras 2", Dialect.KERAS_3: "Keras 3"}


@dataclass(frozen=True)
class Assessment:
    """What an analysis says of a text: its findings, the runs behind them, how much of it was not checked."""

    findings: tuple[Diagnostic, ...]
    runs: tuple[Run, ...]
    not_checked: int = 0


Assess = Callable[[str], Assessment]
Others = Callable[[], tuple[bytes, ...]]


@dataclass
class Offering:
    """The fixes of one text. `withdrawn` counts the changes that did not heal their finding."""

    text: str
    filename: str
    assessment: Assessment
    assess: Assess
    others: Others
    withdrawn: list[Diagnostic] = field(default_factory=list)
    _tried: dict[Change, tuple[str, Assessment] | None] = field(default_factory=dict)

    def fixes(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The findings with their fixes."""
        if not any(_worth_fixing(one, self.assessment) for one in findings):
            return list(findings)
        program = program_of(self.text, self.filename, self.assessment.findings, self.others)
        offered = []
        for finding in findings:
            fix = None
            if _worth_fixing(finding, self.assessment):
                changes = changes_for(program, finding)
                fix = next((fix for change in changes if (fix := self._fix(finding, change)) is not None), None)
                if changes and fix is None:
                    self.withdrawn.append(finding)
            offered.append(finding if fix is None else replace(finding, fix=fix))
        return offered

    def _fix(self, finding: Diagnostic, change: Change) -> Fix | None:
        tried = self._try(change)
        if tried is None:
            return None
        text, after = tried
        if not heals(finding, self.assessment, after):
            return None
        reasons = [*change.reasons]
        if finding.severity is Severity.NOTE:
            reasons.append(ONE_DIALECT.format(NAMES.get(finding.dialect, "one Keras")))
        message = change.message + (f"; not safe: {'; '.join(reasons)}" if reasons else "")
        applicability = Applicability.UNSAFE if reasons else Applicability.SAFE
        return Fix(applicability, message, edits_between(self.text, text, self.filename))

    def _try(self, change: Change) -> tuple[str, Assessment] | None:
        if change not in self._tried:
            from gradlint.fixes.codemod import CannotEditError, changed

            try:
                text = changed(self.text, change)
            except CannotEditError:
                self._tried[change] = None
            else:
                self._tried[change] = (text, self.assess(text))
        return self._tried[change]


def _worth_fixing(finding: Diagnostic, assessment: Assessment) -> bool:
    """Whether a finding is more than a snapshot of a weight that lives, which may be meant."""
    if finding.code.startswith("GRD9"):
        return False
    if finding.severity is not Severity.NOTE:
        return True
    return finding.dialect is not Dialect.ANY and not _alive(finding, assessment, _weight_of(finding, assessment))


def heals(finding: Diagnostic, before: Assessment, after: Assessment) -> bool:
    """Whether a change removed the finding, added none, kept every weight alive and revived this one."""
    if _counted(after)[_cause(finding)] >= _counted(before)[_cause(finding)] or grown(before, after):
        return False
    return _alive(finding, after, _weight_of(finding, before))


def grown(before: Assessment, after: Assessment) -> bool:
    """Whether there is anything in the second text that was not wrong with the first."""
    then, now = _counted(before), _counted(after)
    return (
        after.not_checked > before.not_checked
        or any(now[cause] > then[cause] for cause in now)
        or _alarms(after) > _alarms(before)
        or not _listed(before) <= _listed(after)
        or not _living(before) <= _living(after)
    )


def _cause(finding: Diagnostic) -> tuple[object, ...]:
    return finding.code, finding.weight, finding.dialect


def _counted(assessment: Assessment) -> Counter[tuple[object, ...]]:
    return Counter(_cause(one) for one in assessment.findings)


def _alarms(assessment: Assessment) -> int:
    return sum(one.severity is not Severity.NOTE for one in assessment.findings)


def _names(journey: Journey) -> set[str]:
    return {journey.weight.label, journey.weight.name} - {""}


def _living(assessment: Assessment) -> set[tuple[Dialect, str]]:
    return {
        (run.dialect, journey.weight.name or journey.weight.label)
        for run in assessment.runs
        for journey in run.journeys
        if journey.has(End.REACHES)
    }


def _listed(assessment: Assessment) -> set[tuple[Dialect, str]]:
    return {
        (run.dialect, journey.weight.name or journey.weight.label)
        for run in assessment.runs
        for journey in run.journeys
        if journey.weight.listing is Listing.LISTED
    }


def _weight_of(finding: Diagnostic, assessment: Assessment) -> set[str]:
    """The names of the finding's weight: its label, and the name that it was created with."""
    created: Span | None = next((stop.span for stop in finding.stops if stop.role is Role.CREATED), None)
    found = {finding.weight or ""}
    for run in assessment.runs:
        for journey in run.journeys:
            if journey.weight.created == created and journey.weight.label == finding.weight:
                found |= _names(journey)
    return found


def _alive(finding: Diagnostic, assessment: Assessment, names: set[str]) -> bool:
    """Whether the finding's weight has a live way in every dialect that the finding speaks of."""
    asked = [run for run in assessment.runs if finding.dialect in {Dialect.ANY, run.dialect}]
    return all(any(_names(journey) & names and journey.has(End.REACHES) for journey in run.journeys) for run in asked)


def edits_of(findings: Sequence[Diagnostic], unsafe: bool) -> list[tuple[Edit, ...]]:
    """The edits of the fixes that may be applied, each set once, in the order of the findings."""
    found: dict[tuple[Edit, ...], None] = {}
    for finding in findings:
        if finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE):
            found.setdefault(finding.fix.edits)
    return list(found)
