"""# answer-from-bijector-cache (GRD207)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.cut import cut_ways
from gradlint.rules.rule import Rule
from gradlint.run import Kind, Run

RULE = Rule(
    code="GRD207",
    name="answer-from-bijector-cache",
    summary="A bijector's cache answers with a tensor from before the tape",
    severity=Severity.WARNING,
)
REMEDY = "give the bijector a fresh tensor: `tf.identity(x)`"


def check(run: Run) -> Iterator[Diagnostic]:
    """Ways that ended so."""
    return cut_ways(run, RULE, frozenset({Kind.BIJECTOR_CACHE}), REMEDY)
