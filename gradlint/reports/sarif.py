"""SARIF 2.1.0, the format in which code scanning services take findings."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from gradlint.diagnostics import Diagnostic, Fix, Severity
from gradlint.reports.full import remedy_lines
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette
from gradlint.rules import all_rules
from gradlint.run import Span, Stop

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
FINGERPRINT = "gradlint/v1"
"""The name of our fingerprints: another number, should they ever be computed in another way."""


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """One log with one run."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(codes)},
                "columnKind": "unicodeCodePoints",
                "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _driver(codes: Sequence[str]) -> dict[str, Any]:
    from gradlint import __version__

    rules = all_rules()
    return {
        "name": "gradlint",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": code,
                "name": rules[code].name,
                "shortDescription": {"text": rules[code].summary},
                "helpUri": rules[code].url,
                "defaultConfiguration": {"level": LEVEL[rules[code].severity]},
            }
            for code in codes
        ],
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": LEVEL[diagnostic.severity],
        "message": {"text": "\n".join([diagnostic.message, *remedy_lines(diagnostic.remedies)])},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
        "partialFingerprints": {FINGERPRINT: diagnostic.fingerprint},
    }
    if diagnostic.stops:
        flow = {"threadFlows": [{"locations": [{"location": _stop(stop)} for stop in diagnostic.stops]}]}
        result["codeFlows"] = [flow]
    if diagnostic.fix is not None and not any(edit.span.cell for edit in diagnostic.fix.edits):
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _stop(stop: Stop) -> dict[str, Any]:
    return {"physicalLocation": _place(stop.span), "message": {"text": stop.words}}


def _place(span: Span) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(span.filename)}}
    if not span.cell:  # a row of a cell is no line of the notebook's file
        place["region"] = _region(span)
    return place


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.row,
        "startColumn": span.column,
        "endLine": span.end_row,
        "endColumn": span.end_column,
    }


def _uri(filename: str) -> str:
    path = quote(filename.replace(os.sep, "/"))
    return f"file://{path}" if path.startswith("/") else path


def _fix(fix: Fix) -> dict[str, Any]:
    files = dict.fromkeys(edit.span.filename for edit in fix.edits)
    return {
        "description": {"text": f"{fix.message} ({fix.applicability.value})"},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(filename)},
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
                    for edit in fix.edits
                    if edit.span.filename == filename
                ],
            }
            for filename in files
        ],
    }
