"""Comments that silence a finding: `# gradlint: ignore[GRD101] reason`, `# noqa: GRD101`, `# gradlint: ignore-file`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gradlint.selection import ALWAYS
from gradlint.sources import tree_of

OURS = re.compile(r"#\s*gradlint:\s*(ignore-file|ignore)\b(?:\s*\[([^\]]*)\])?", re.IGNORECASE)
NOQA = re.compile(r"#\s*noqa\s*:\s*((?:[A-Z]+[0-9]+|GRD)(?:[,\s]+(?:[A-Z]+[0-9]+|GRD)\b)*)", re.IGNORECASE)
CODE = re.compile(r"[^,\s]+")
ABOUT_ITSELF = "GRD902"
"""The code of a suppression that suppresses nothing."""

OF_THE_PROBE = "GRD5"
"""What these codes begin with no source can show."""


def may_suppress(text: str) -> bool:
    """Whether a text is worth tokenizing for comments of ours."""
    lowered = text.lower()
    return "gradlint" in lowered or "noqa" in lowered


@dataclass(frozen=True)
class Claim:
    """One code of a suppressing comment, or a whole comment without codes; `written` is what stands at its place.

    `prefix` is what a suppressed code begins with: the code itself, "" for every code, None for no code at all.
    """

    row: int
    column: int
    written: str
    prefix: str | None
    whole_file: bool

    @property
    def place(self) -> tuple[int, int]:
        """Row and column, from 1."""
        return self.row, self.column

    def covers(self, code: str) -> bool:
        """Whether it is about a code. Only its own name silences a finding about suppressions."""
        if self.prefix is None or code in ALWAYS:
            return False
        return code.startswith(self.prefix) and (code != ABOUT_ITSELF or self.prefix != "")


class Suppressions:
    """The suppressing comments of one file, the rows of its statements, and which comments were of use."""

    def __init__(self, text: str) -> None:
        self._claims = list(_claims(text))
        self._statements = sorted(_statements(text), key=lambda rows: rows[1] - rows[0]) if self._claims else []
        self._used: set[Claim] = set()

    def silence(self, code: str, row: int) -> bool:
        """Whether a finding of that code in that row is suppressed; what suppresses it is of use from now on."""
        first, last = self._statement(row)
        fitting = [
            claim for claim in self._claims if claim.covers(code) and (claim.whole_file or first <= claim.row <= last)
        ]
        self._used.update(fitting)
        return bool(fitting)

    @property
    def used(self) -> frozenset[tuple[int, int]]:
        """The places of the claims that silenced something."""
        return frozenset(claim.place for claim in self._used)

    def idle(self, selected: Collection[str], on: Mapping[str, bool]) -> list[Claim]:
        """The claims that silenced nothing, though everything that they are about was asked for.

        `on` says for every known code whether it runs if nobody says anything. A bare `ignore-file` is none: it
        says that the file is not to be checked.
        """
        return [claim for claim in self._claims if claim not in self._used and _judged(claim, selected, on)]

    def _statement(self, row: int) -> tuple[int, int]:
        return next((rows for rows in self._statements if rows[0] <= row <= rows[1]), (row, row))


def _judged(claim: Claim, selected: Collection[str], on: Mapping[str, bool]) -> bool:
    if claim.prefix is None:
        return True
    if claim.prefix == "" and claim.whole_file:
        return False
    if claim.covers(ABOUT_ITSELF) or claim.prefix.startswith(OF_THE_PROBE):
        return False
    known = [code for code in on if claim.covers(code) and not code.startswith(OF_THE_PROBE)]
    return all(code in selected for code in known if on[code] or code == claim.prefix)


def _claims(text: str) -> Iterator[Claim]:
    for row, column, comment in _comment_tokens(text):
        for found in OURS.finditer(comment):
            whole_file = found[1].lower() == "ignore-file"
            codes = None if found[2] is None else list(CODE.finditer(comment, found.start(2), found.end(2)))
            if not codes:
                prefix = "" if codes is None else None
                yield Claim(row, column + found.start(), found[0], prefix, whole_file)
            for code in codes or ():
                yield Claim(row, column + code.start(), code[0], code[0].upper(), whole_file)
        for found in NOQA.finditer(comment):
            for code in CODE.finditer(comment, found.start(1), found.end(1)):
                if code[0].upper().startswith("GRD"):
                    yield Claim(row, column + code.start(), code[0], code[0].upper(), False)


def _comment_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """The comments of a text with their places; of a text that is no Python, those before its first bad token."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """The rows of every simple statement, and of the header of every compound one."""
    try:
        tree = tree_of(text)
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
