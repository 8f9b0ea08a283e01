"""# cast-on-the-way (GRD203)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD203",
    name="cast-on-the-way",
    summary="A cast to an integer or bool, or a comparison, stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "compute the loss from the values before the cast or comparison"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.CAST}), REMEDY)
