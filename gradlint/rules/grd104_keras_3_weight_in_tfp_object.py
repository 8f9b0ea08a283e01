"""# keras-3-weight-in-tfp-object (GRD104)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.frozen import frozen_ways
from gradlint.rules.rule import Rule
from gradlint.run import Run

RULE = Rule(
    code="GRD104",
    name="keras-3-weight-in-tfp-object",
    summary="A whole Keras 3 weight is given to a TFP object in setup, which copies it",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return frozen_ways(run, RULE)
