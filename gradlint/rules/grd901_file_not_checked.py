"""# file-not-checked (GRD901)"""

from __future__ import annotations

from gradlint.diagnostics import Severity
from gradlint.rules.rule import Rule

RULE = Rule(
    code="GRD901",
    name="file-not-checked",
    summary="The file cannot be read or parsed",
    severity=Severity.ERROR,
)
