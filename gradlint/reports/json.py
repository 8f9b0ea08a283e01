"""The report for programs: one array. Keys are added, never changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gradlint.diagnostics import Diagnostic, Fix
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette
from gradlint.rules import all_rules
from gradlint.run import Span


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """One array of objects."""
    return json.dumps([diagnostic_object(diagnostic) for diagnostic in diagnostics], indent=2) + "\n"


def diagnostic_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as it stands in the array; the probe's report holds the same objects."""
    rule = all_rules().get(diagnostic.code)
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "confidence": diagnostic.confidence.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "url": rule.url if rule else None,
        "fix": _fix(diagnostic.fix) if diagnostic.fix else None,
        "weight": diagnostic.weight,
        "dialect": diagnostic.dialect.value,
        "fingerprint": diagnostic.fingerprint,
        "stops": [{"role": stop.role.value, "message": stop.words, **_place(stop.span)} for stop in diagnostic.stops],
    }


def _place(span: Span) -> dict[str, Any]:
    return {"filename": span.filename, **_extent(span), "cell": span.cell or None}


def _extent(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.row, "column": span.column},
        "end_location": {"row": span.end_row, "column": span.end_column},
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [
            {"content": edit.content, **_extent(edit.span), "cell": edit.span.cell or None} for edit in fix.edits
        ],
    }
