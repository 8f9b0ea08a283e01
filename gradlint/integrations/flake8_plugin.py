"""The flake8 plugin: errors and warnings of `gradlint check` among those of flake8."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from gradlint import __version__


class Flake8Plugin:
    """What flake8 makes of each file and runs."""

    name = "gradlint"
    version = __version__

    def __init__(self, tree: ast.AST, lines: Sequence[str], filename: str) -> None:
        self._text = "".join(lines)
        self._filename = filename

    def run(self) -> Iterator[tuple[int, int, str, type[Flake8Plugin]]]:
        """Row, column (from 0) and words of each finding that would fail `gradlint check`; flake8 knows no notes."""
        from gradlint.check import Options, check_text
        from gradlint.diagnostics import Severity

        for found in check_text(self._text.encode(), self._filename, Options()).diagnostics:
            if found.severity is not Severity.NOTE:
                row, column = found.location.row, found.location.column - 1
                yield row, column, f"{found.code} {found.message}", type(self)
