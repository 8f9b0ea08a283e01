"""What a finding is known by from one run to the next: the baseline, GitLab and SARIF ask for it.

A fingerprint has two halves: the first is made of what the finding is about and stays when its file is moved, the
second is made of the file too.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.run import Span
from gradlint.sources import tree_of

HALF = 16
"""Hexadecimal digits of each half."""


def content_of(fingerprint: str) -> str:
    """The half that stays when the file is moved."""
    return fingerprint[:HALF]


def fingerprinted(findings: Iterable[Diagnostic], identity: str, text: str) -> list[Diagnostic]:
    """The same findings with fingerprints that survive every edit elsewhere in the file, or on the same line.

    `identity` is the path of the file in its project, `text` its source.
    """
    findings = list(findings)
    places = _Places(text) if findings and text else None
    ordinals: dict[str, int] = {}
    marked = []
    for finding in findings:
        content = _digest(finding.code, finding.enclosing, finding.weight or "", *_about(finding, places))
        ordinal = ordinals[content] = ordinals.get(content, -1) + 1
        marked.append(replace(finding, fingerprint=content + _digest(content, identity, str(ordinal))))
    return marked


def _about(finding: Diagnostic, places: _Places | None) -> tuple[str, ...]:
    """What tells a finding from others of its code and weight in its function."""
    if finding.code in ("GRD900", "GRD901") or places is None:
        return ()
    if finding.code == "GRD902":
        return finding.message, places.line(finding.span)
    return places.anchor(finding.span)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:HALF]


class _Places:
    """The expressions of a text by their spans, each with what stands around it."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._anchors: dict[tuple[int, int, int, int], tuple[str, str]] = {}
        try:
            tree = tree_of(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        waiting: list[tuple[ast.AST, str]] = [(tree, "")]
        while waiting:
            parent, target = waiting.pop()
            for field, value in ast.iter_fields(parent):
                children = value if isinstance(value, list) else [value]
                for index, child in enumerate(children):
                    if isinstance(child, ast.AST):
                        slot = f"{field}{index}" if isinstance(value, list) else field
                        waiting.append((child, self._note(child, parent, slot, target)))

    def _note(self, node: ast.AST, parent: ast.AST, slot: str, target: str) -> str:
        """Remember an expression; what is handed on is what its statement assigns to."""
        if isinstance(node, ast.stmt):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            return " = ".join(self._text(each) for each in targets if isinstance(each, ast.expr))
        if isinstance(node, ast.expr):
            span = self._span(node)
            keyword = parent.arg if isinstance(parent, ast.keyword) else None
            self._anchors.setdefault(span, (target, keyword or slot))
        return target

    def anchor(self, span: Span) -> tuple[str, ...]:
        """The expression without its blanks, what its statement assigns to, and its place in the call around it."""
        where = (span.row, span.column, span.end_row, span.end_column)
        return (self._between(where), *self._anchors.get(where, ()))

    def line(self, span: Span) -> str:
        """The first line of a place."""
        return self._lines[span.row - 1].strip() if span.row <= len(self._lines) else ""

    def _span(self, node: ast.expr) -> tuple[int, int, int, int]:
        end_row, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return node.lineno, self._column(node.lineno, node.col_offset), end_row, self._column(end_row, end)

    def _column(self, row: int, offset: int) -> int:
        line = self._lines[row - 1]
        return offset + 1 if line.isascii() else len(line.encode()[:offset].decode(errors="replace")) + 1

    def _text(self, node: ast.expr) -> str:
        return self._between(self._span(node))

    def _between(self, where: Sequence[int]) -> str:
        row, column, end_row, end_column = where
        rows = self._lines[row - 1 : end_row]
        if rows:
            rows[-1] = rows[-1][: end_column - 1]
            rows[0] = rows[0][column - 1 :]
        return "".join("".join(rows).split())
