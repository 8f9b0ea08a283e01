"""# weight-frozen-in-carrier (GRD102)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD102",
    name="weight-frozen-in-carrier",
    summary="A weight is indexed or transformed in setup and given to a bijector, kernel, linear operator or another carrier",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
