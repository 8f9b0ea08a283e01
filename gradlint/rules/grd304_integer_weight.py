"""# integer-weight (GRD304)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD304",
    name="integer-weight",
    summary="A gradient is asked for an integer variable",
    severity=Severity.WARNING,
)
REMEDY = "start it from floats: `tf.Variable(1.0)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.INTEGER, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it {CUT_BY[place.kind]}"
