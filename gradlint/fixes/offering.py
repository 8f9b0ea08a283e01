"""Fixes for findings: each is tried on the text, which is analysed again, and offered only if that heals it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gradlint.changes import Change
from gradlint.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity
from gradlint.fixes.edits import edits_between
from gradlint.run import Dialect, End, Journey, Listing, Role, Run, Span
from gradlint.sources import NOTEBOOK
from gradlint.static.remedies import changes_for, is_imported, program_of

MOST_FOLLOWING = 3
"""How many changes may make up one fix."""
ONE_DIALECT = "only {} needs it"
NAMES = {Dialect.KERAS_2: "Keras 2", Dialect.KERAS_3: "Keras 3"}


@dataclass(frozen=True)
class Assessment:
    """What an analysis says of a text: its findings, the runs behind them, how much of it was not checked."""

    text: str
    filename: str
    findings: tuple[Diagnostic, ...]
    runs: tuple[Run, ...]
    not_checked: int = 0

    @cached_property
    def written(self) -> dict[Span | None, str]:
        """For each line that makes a weight, how it is written, and the how manieth that is written so."""
        lines = self.text.split("\n")
        counted: Counter[str] = Counter()
        found: dict[Span | None, str] = {}
        spans = {j.weight.created for run in self.runs for j in run.journeys if j.weight.created is not None}
        for span in sorted(spans):
            rows = lines[span.row - 1 : span.end_row] if span.filename == self.filename else [str(span)]
            text = " ".join("".join(rows).split())
            found[span] = f"{text} {counted[text]}"
            counted[text] += 1
        return found


Assess = Callable[[str], Assessment]
Others = Callable[[], tuple[bytes, ...]]
Possible = Callable[[tuple[Edit, ...]], bool]
"""Whether edits of a text can be made where the text comes from."""


@dataclass
class Offering:
    """The fixes of one text. `withdrawn` counts the changes that did not heal their finding."""

    text: str
    filename: str
    assessment: Assessment
    assess: Assess
    others: Others
    possible: Possible = lambda _: True
    withdrawn: list[Diagnostic] = field(default_factory=list)
    _tried: dict[tuple[str, Change], tuple[str, Assessment] | None] = field(default_factory=dict)

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
        """The fix that a change makes, with what has to follow it, if that heals the finding."""
        text, reasons = self.text, list(change.reasons)
        messages = [change.message]
        for _ in range(MOST_FOLLOWING):
            tried = self._try(text, change)
            if tried is None:
                return None
            text, after = tried
            if heals(finding, self.assessment, after):
                break
            following = self._following(finding, text, after)
            if following is None:
                return None
            change = following
            reasons += change.reasons
            messages.append(change.message)
        else:
            return None
        if finding.severity is Severity.NOTE:
            reasons.append(ONE_DIALECT.format(NAMES.get(finding.dialect, "one Keras")))
        message = ", and ".join(messages)
        if reasons:
            message += f"; not safe: {'; '.join(dict.fromkeys(reasons))}"
        edits = edits_between(self.text, text, self.filename)
        applicability = Applicability.UNSAFE if reasons else Applicability.SAFE
        return Fix(applicability, message, edits) if self.possible(edits) else None

    def _following(self, finding: Diagnostic, text: str, after: Assessment) -> Change | None:
        """The change for what a change brought to light: another cause that the first one hid."""
        known = {_place(one) for one in self.assessment.findings}
        names = _weight_of(finding, self.assessment)
        fresh = [one for one in after.findings if _weight_of(one, after) & names and _place(one) not in known]
        if not fresh:
            return None
        program = program_of(text, self.filename, after.findings, self.others)
        return next((change for one in fresh for change in changes_for(program, one)), None)

    def _try(self, text: str, change: Change) -> tuple[str, Assessment] | None:
        if (text, change) not in self._tried:
            from gradlint.fixes.codemod import CannotEditError, changed
            from gradlint.fixes.imports import without_unread

            try:
                after = without_unread(text, changed(text, change), self._is_missed)
            except CannotEditError:
                self._tried[text, change] = None
            else:
                self._tried[text, change] = (after, self.assess(after))
        return self._tried[text, change]

    def _is_missed(self, name: str) -> bool:
        """Whether another file, or whoever goes on with a notebook, may take a name that this one imports."""
        return self.filename.endswith(("__init__.py", NOTEBOOK)) or is_imported(self.filename, name, self.others())


def _worth_fixing(finding: Diagnostic, assessment: Assessment) -> bool:
    """Whether a finding is more than a snapshot of a weight that lives, which may be meant."""
    if finding.code.startswith("GRD9"):
        return False
    if finding.severity is not Severity.NOTE:
        return True
    return finding.dialect is not Dialect.ANY and not _alive(finding, assessment, _weight_of(finding, assessment))


def heals(finding: Diagnostic, before: Assessment, after: Assessment) -> bool:
    """Whether a change removed the finding, added none, kept every weight alive and revived this one."""
    if _counted(after)[_cause(finding, before)] >= _counted(before)[_cause(finding, before)] or grown(before, after):
        return False
    return _alive(finding, after, _weight_of(finding, before))


def grown(before: Assessment, after: Assessment) -> bool:
    """Whether there is anything in the second text that was not wrong with the first."""
    then, now = _counted(before), _counted(after)
    return (
        after.not_checked > before.not_checked
        or any(now[cause] > then[cause] for cause in now)
        or _alarms(after) > _alarms(before)
        or not _covers(_weights(after, _is_listed), _weights(before, _is_listed))
        or not _covers(_weights(after, _is_alive), _weights(before, _is_alive))
    )


def _cause(finding: Diagnostic, assessment: Assessment) -> tuple[object, ...]:
    return finding.code, _called(finding, assessment), finding.dialect


def _place(finding: Diagnostic) -> tuple[object, ...]:
    """What a finding is known by though its line has moved: its message quotes the expression."""
    return finding.code, finding.message


def _counted(assessment: Assessment) -> Counter[tuple[object, ...]]:
    return Counter(_cause(one, assessment) for one in assessment.findings)


def _alarms(assessment: Assessment) -> int:
    return sum(one.severity is not Severity.NOTE for one in assessment.findings)


Known = tuple[Dialect, frozenset[str]]
"""A weight in one dialect: all that it may be known by in a text that is written a little differently."""


def _names(journey: Journey, assessment: Assessment) -> frozenset[str]:
    weight = journey.weight
    return frozenset({weight.label, weight.name, assessment.written.get(weight.created, "")} - {""})


def _is_alive(journey: Journey) -> bool:
    return journey.has(End.REACHES)


def _is_listed(journey: Journey) -> bool:
    return journey.weight.listing is Listing.LISTED


def _weights(assessment: Assessment, are: Callable[[Journey], bool]) -> set[Known]:
    return {(r.dialect, _names(j, assessment)) for r in assessment.runs for j in r.journeys if are(j)}


def _covers(after: set[Known], before: set[Known]) -> bool:
    """Whether each weight of the first text is among those of the second."""
    return all(any(dialect is other and names & known for other, known in after) for dialect, names in before)


def _journeys_of(finding: Diagnostic, assessment: Assessment) -> Iterator[Journey]:
    created = next((stop.span for stop in finding.stops if stop.role is Role.CREATED), None)
    for run in assessment.runs:
        for journey in run.journeys:
            if journey.weight.created == created and journey.weight.label == finding.weight:
                yield journey


def _called(finding: Diagnostic, assessment: Assessment) -> str:
    """What a finding's weight is called in any text: its name, or else how it is made."""
    for journey in _journeys_of(finding, assessment):
        weight = journey.weight
        return weight.name or assessment.written.get(weight.created, "") or weight.label
    return finding.weight or ""


def _weight_of(finding: Diagnostic, assessment: Assessment) -> frozenset[str]:
    """All that the finding's weight may be known by."""
    found = frozenset({finding.weight or ""})
    return found.union(*(_names(journey, assessment) for journey in _journeys_of(finding, assessment)))


def _alive(finding: Diagnostic, assessment: Assessment, names: frozenset[str]) -> bool:
    """Whether the finding's weight has a live way in every dialect that the finding speaks of."""
    living = _weights(assessment, _is_alive)
    asked = {run.dialect for run in assessment.runs if finding.dialect in {Dialect.ANY, run.dialect}}
    return all(any(dialect is one and known & names for one, known in living) for dialect in asked)


def edits_of(findings: Sequence[Diagnostic], unsafe: bool) -> list[tuple[Edit, ...]]:
    """The edits of the fixes that may be applied, each set once, in the order of the findings."""
    found: dict[tuple[Edit, ...], None] = {}
    for finding in findings:
        if finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE):
            found.setdefault(finding.fix.edits)
    return list(found)
