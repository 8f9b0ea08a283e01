"""Comments that silence a finding: `# gradlint: ignore[GRD101] reason`, `# noqa: GRD101`, `# gradlint: ignore-file`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from gradlint.selection import ALWAYS

OURS = re.compile(r"#\s*gradlint:\s*(ignore-file|ignore)\b(?:\s*\[([^\]]*)\])?", re.IGNORECASE)
NOQA = re.compile(r"#\s*noqa\s*:\s*((?:[A-Z]+[0-9]+|GRD)(?:[,\s]+(?:[A-Z]+[0-9]+|GRD)\b)*)", re.IGNORECASE)
EVERYTHING = ("",)
"""The prefix that every code begins with."""


def may_suppress(text: str) -> bool:
    """Whether a text is worth tokenizing for comments of ours."""
    lowered = text.lower()
    return "gradlint" in lowered or "noqa" in lowered


@dataclass(frozen=True)
class Comment:
    """One suppressing comment: its row, the codes' beginnings, and whether it speaks for the file."""

    row: int
    prefixes: tuple[str, ...]
    whole_file: bool


class Suppressions:
    """The suppressing comments of one file, and the rows of its statements."""

    def __init__(self, text: str) -> None:
        self._comments = list(_comments(text))
        self._statements = sorted(_statements(text), key=lambda rows: rows[1] - rows[0]) if self._comments else []

    def silence(self, code: str, row: int) -> bool:
        """Whether a finding of that code in that row is suppressed."""
        if code in ALWAYS:
            return False
        first, last = self._statement(row)
        return any(
            code.startswith(comment.prefixes) and (comment.whole_file or first <= comment.row <= last)
            for comment in self._comments
        )

    def _statement(self, row: int) -> tuple[int, int]:
        return next((rows for rows in self._statements if rows[0] <= row <= rows[1]), (row, row))


def _comments(text: str) -> Iterator[Comment]:
    for row, comment in _comment_tokens(text):
        for found in OURS.finditer(comment):
            codes = EVERYTHING if found[2] is None else _codes(found[2])
            yield Comment(row, codes, found[1].lower() == "ignore-file")
        for found in NOQA.finditer(comment):
            yield Comment(row, tuple(code for code in _codes(found[1]) if code.startswith("GRD")), False)


def _codes(listed: str) -> tuple[str, ...]:
    return tuple(code.upper() for code in re.split(r"[,\s]+", listed) if code)


def _comment_tokens(text: str) -> Iterator[tuple[int, str]]:
    """The comments of a text with their rows; of a text that is no Python, those before its first bad token."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """The rows of every simple statement, and of the header of every compound one."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            start = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            if body and isinstance(body, list):
                first = body[0]
                begin = first.pattern.lineno if isinstance(first, ast.match_case) else _first_row(first)
                yield min(start, _first_row(node)), max(start, begin - 1)
            elif isinstance(node, ast.stmt):
                yield start, node.end_lineno or start


def _first_row(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    row: int = getattr(node, "lineno", 1)
    return min([row, *(decorator.lineno for decorator in decorators)])
