"""# name-rebound-to-tensor (GRD402)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD402",
    name="name-rebound-to-tensor",
    summary="A variable's name was bound to a tensor before its gradient was asked for",
    severity=Severity.ERROR,
)
REMEDY = "use `assign`, `assign_add` or `assign_sub` to change a variable"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.REBOUND, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: {quoted(place.text)} {CUT_BY[place.kind]}"
