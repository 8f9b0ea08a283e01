"""# constant-not-watched (GRD403)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.endings import ended_by
from gradlint.rules.rule import Rule
from gradlint.run import Journey, Kind, Run, Stop

RULE = Rule(
    code="GRD403",
    name="constant-not-watched",
    summary="A gradient is asked for a constant that nobody watches",
    severity=Severity.WARNING,
)
REMEDY = "call `tape.watch` on this very tensor before the forward pass"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return ended_by(run, RULE, Kind.UNWATCHED, _message, REMEDY)


def _message(journey: Journey, place: Stop) -> str:
    return f"`{journey.weight.label}` gets no gradient: it is a constant that the tape was not told to watch"
