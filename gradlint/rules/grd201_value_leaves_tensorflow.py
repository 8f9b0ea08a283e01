"""# value-leaves-tensorflow (GRD201)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD201",
    name="value-leaves-tensorflow",
    summary="A value leaves TensorFlow on its way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use the TensorFlow function of the same meaning"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.LEAVES_TENSORFLOW}), REMEDY)
