"""# sample-not-reparameterized (GRD204)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD204",
    name="sample-not-reparameterized",
    summary="A sample that is not reparameterized stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use `log_prob` with a score-function loss, or a relaxed distribution; leave it if it is intended"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.SAMPLE}), REMEDY)
