"""One line a finding."""

from __future__ import annotations

from collections.abc import Sequence

from gradlint.diagnostics import Diagnostic
from gradlint.reports.full import place
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """`path:row:column: CODE [severity] message`."""
    return "".join(
        f"{place(diagnostic.span)}: {palette.severity(diagnostic.code, diagnostic.severity)} "
        f"[{diagnostic.severity.value}] {diagnostic.message}\n"
        for diagnostic in diagnostics
    )
