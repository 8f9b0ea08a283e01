"""# gradlint-failed (GRD900)"""

from __future__ import annotations

from gradlint.diagnostics import Severity
from gradlint.rules.rule import Rule

RULE = Rule(
    code="GRD900",
    name="gradlint-failed",
    summary="gradlint itself failed on this file",
    severity=Severity.ERROR,
)
