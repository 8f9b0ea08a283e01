"""What an analysis says of a text, and whether a changed text is better: what fixes are judged by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.run import Dialect, End, Journey, Kind, Listing, Role, Run, Span, Way

LEAVES = "GRD201"
BEFORE_THE_TAPE = "GRD109"
OUTSIDE = frozenset({Kind.OUTSIDE_TAPE, Kind.OTHER_TAPE})


@dataclass(frozen=True)
class Assessment:
    """What an analysis says of a text: its findings, the runs behind them, how much of it was not checked."""

    text: str
    filename: str
    findings: tuple[Diagnostic, ...]
    runs: tuple[Run, ...]
    not_checked: int = 0
    suppresses: Callable[[str, int], bool] = lambda *_: False
    """Whether a comment in the text suppresses a finding of a code in a row."""

    def is_suppressed(self, finding: Diagnostic) -> bool:
        """Whether the text says that a finding is meant, so that no fix may touch its place."""
        return finding.filename == self.filename and self.suppresses(finding.code, finding.span.row)

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


def worth_fixing(finding: Diagnostic, assessment: Assessment) -> bool:
    """Whether a finding is more than a snapshot of a weight that lives, which may be meant."""
    if finding.code.startswith("GRD9"):
        return False
    if finding.severity is not Severity.NOTE:
        return True
    return finding.dialect is not Dialect.ANY and not _alive(finding, assessment, weight_of(finding, assessment))


def heals(finding: Diagnostic, before: Assessment, after: Assessment) -> bool:
    """Whether a change removed the finding, added none, kept every weight alive and revived this one."""
    if _counted(after)[_cause(finding, before)] >= _counted(before)[_cause(finding, before)] or grown(before, after):
        return False
    return _alive(finding, after, weight_of(finding, before))


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


def _is_left_outside(finding: Diagnostic, assessment: Assessment) -> bool:
    """Whether a finding only tells of a value that is taken of a weight before the tape, while the weight lives."""
    if finding.severity is not Severity.NOTE or finding.code != BEFORE_THE_TAPE:
        return False
    return _alive(finding, assessment, weight_of(finding, assessment))


def left_tensorflow(finding: Diagnostic, before: Assessment, after: Assessment) -> Iterator[Diagnostic]:
    """The places, each as a finding, where a weight still leaves TensorFlow that a change brought to life.

    Nobody is told of them any more, and the gradient lacks a part.
    """
    for journey, way in _revived(before, after):
        place = way.first(Role.CUT)
        if way.end is End.CUT and place is not None and place.kind is Kind.LEAVES_TENSORFLOW:
            yield replace(finding, code=LEAVES, span=place.span, weight=journey.weight.label, stops=way.stops)


def left_outside(before: Assessment, after: Assessment) -> Iterator[str]:
    """What a tape does not record of a weight that a change brought to life."""
    known = {place_of(one) for one in before.findings}
    for one in after.findings:
        if place_of(one) not in known and _is_left_outside(one, after):
            yield next((stop.text for stop in one.stops if stop.role is Role.READ), one.weight or "")
    for _, way in _revived(before, after):
        place = way.first(Role.READ)
        if way.end is End.FROZEN and place is not None and place.kind in OUTSIDE:
            yield place.text


def _revived(before: Assessment, after: Assessment) -> Iterator[tuple[Journey, Way]]:
    """The ways of weights through objects that got no gradient from them before a change, and get one after it."""
    living = [
        (run.dialect, journey.owner, _names(journey, before))
        for run in before.runs
        for journey in run.journeys
        if _is_alive(journey)
    ]
    for run in after.runs:
        for journey in run.journeys:
            names, through = _names(journey, after), (run.dialect, journey.owner)
            if _is_alive(journey) and not any(through == (d, o) and names & known for d, o, known in living):
                yield from ((journey, way) for way in journey.ways)


def _cause(finding: Diagnostic, assessment: Assessment) -> tuple[object, ...]:
    return finding.code, _called(finding, assessment), finding.dialect


def place_of(finding: Diagnostic) -> tuple[object, ...]:
    """What a finding is known by though its line has moved: its message quotes the expression."""
    return finding.code, finding.message


def _counted(assessment: Assessment) -> Counter[tuple[object, ...]]:
    return Counter(_cause(one, assessment) for one in assessment.findings if not _is_left_outside(one, assessment))


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


def weight_of(finding: Diagnostic, assessment: Assessment) -> frozenset[str]:
    """All that the finding's weight may be known by."""
    found = frozenset({finding.weight or ""})
    return found.union(*(_names(journey, assessment) for journey in _journeys_of(finding, assessment)))


def _alive(finding: Diagnostic, assessment: Assessment, names: frozenset[str]) -> bool:
    """Whether the finding's weight has a live way in every dialect that the finding speaks of."""
    living = _weights(assessment, _is_alive)
    asked = {run.dialect for run in assessment.runs if finding.dialect in {Dialect.ANY, run.dialect}}
    return all(any(dialect is one and known & names for one, known in living) for dialect in asked)
