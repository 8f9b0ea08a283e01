"""Diagnostics in, text out: one module a format. Reports know no engine."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from gradlint.diagnostics import Diagnostic
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette

Report = Callable[[Sequence[Diagnostic], Lines, Palette], str]
"""Sorted diagnostics, the lines of their files, colours; the text ends with a newline unless it is empty."""

FORMATS = {
    "full": "text",
    "concise": "text",
    "json": "machine",
    "github": "machine",
    "html": "machine",
    "sarif": "machine",
}
"""The module of each format, and whether people or machines read it."""


def report_of(output_format: str) -> Report:
    """The report of an output format; each is loaded only when it is asked for."""
    report: Report = importlib.import_module(f"gradlint.reports.{output_format}").report
    return report
