"""# operation-without-gradient (GRD202)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD202",
    name="operation-without-gradient",
    summary="An operation without gradient stands on the only way to the loss",
    severity=Severity.WARNING,
)
REMEDY = "use a differentiable stand-in, or a straight-through estimator: `x + tf.stop_gradient(f(x) - x)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.NO_GRADIENT}), REMEDY)
