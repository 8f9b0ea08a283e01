"""Annotations for GitHub Actions, as workflow commands."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.reports.full import remedy_lines
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette
from gradlint.run import Span

COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """`::error file=…,line=…,col=…,endLine=…,endColumn=…,title=CODE::message`."""
    return "".join(_annotation(diagnostic) for diagnostic in diagnostics)


def _annotation(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    where = ""
    if span.cell:  # the file that is shown beside it is JSON, whose rows mean nothing
        where = f"cell {span.cell}, row {span.row}: "
        span = Span(span.filename, 1, 1, 1, 1)
    properties = {
        "file": span.filename.replace(os.sep, "/"),
        "line": span.row,
        "col": span.column,
        "endLine": span.end_row,
    }
    if span.end_row == span.row:
        properties["endColumn"] = span.end_column
    properties["title"] = diagnostic.code
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    message = "\n".join([where + diagnostic.message, *remedy_lines(diagnostic.remedies)])
    return f"::{COMMAND[diagnostic.severity]} {listed}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
