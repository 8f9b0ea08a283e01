"""# gradient-stopped (GRD205)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD205",
    name="gradient-stopped",
    summary="`stop_gradient` stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "take it out, or exclude the weight from training; leave it if it is intended"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.STOP_GRADIENT}), REMEDY)
