"""# value-carried-through-assign (GRD206)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD206",
    name="value-carried-through-assign",
    summary="A value is carried to the loss through `assign`",
    severity=Severity.WARNING,
)
REMEDY = "use the tensor itself instead of the variable that it was assigned to"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.ASSIGN}), REMEDY)
