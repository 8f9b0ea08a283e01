"""# variable-created-by-every-call (GRD303)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY, quoted
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD303",
    name="variable-created-by-every-call",
    summary="A variable or layer is created anew by every call",
    severity=Severity.WARNING,
)
REMEDY = "create it once, in `__init__` or `build`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.RECREATED, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` never trains: {quoted(place.text)} {CUT_BY[place.kind]}"
