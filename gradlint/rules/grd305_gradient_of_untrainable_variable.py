"""# gradient-of-untrainable-variable (GRD305)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD305",
    name="gradient-of-untrainable-variable",
    summary="A gradient is asked for a variable that is not trainable",
    severity=Severity.WARNING,
)
REMEDY = "create it trainable, or tell the tape: `tape.watch(variable)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.NOT_TRAINABLE, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it {CUT_BY[place.kind]}"
