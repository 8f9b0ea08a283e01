"""Edits: where two texts differ, and putting edits into a text whose line ends stay what they are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gradlint.diagnostics import Edit
from gradlint.run import Span

LINE_END = re.compile(r"\r\n|\r|\n")


def edits_between(before: str, after: str, filename: str) -> tuple[Edit, ...]:
    """Whole lines to replace, such that the first text becomes the second; both have newlines for line ends."""
    old, new = _lines(before), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(_span(old, first, last, filename), "".join(new[begin:end]))
        for tag, first, last, begin, end in matcher.get_opcodes()
        if tag != "equal"
    )


def _lines(text: str) -> list[str]:
    """The lines with their ends."""
    lines = text.split("\n")
    return [*(line + "\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _span(lines: list[str], first: int, last: int, filename: str) -> Span:
    if last < len(lines) or not lines or lines[-1].endswith("\n"):
        return Span(filename, first + 1, 1, last + 1, 1)
    if first == last:
        return Span(filename, last, len(lines[-1]) + 1, last, len(lines[-1]) + 1)
    return Span(filename, first + 1, 1, last, len(lines[-1]) + 1)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text, whatever its line ends, with edits that do not overlap; what they insert gets its line ends."""
    starts = [0, *(match.end() for match in LINE_END.finditer(text))]
    found = LINE_END.search(text)
    newline = found[0] if found else "\n"

    def offset(row: int, column: int) -> int:
        return starts[row - 1] + column - 1 if row <= len(starts) else len(text)

    for edit in sorted(edits, key=lambda edit: edit.span)[::-1]:  # what stands first at a place is inserted last
        begin, end = offset(edit.span.row, edit.span.column), offset(edit.span.end_row, edit.span.end_column)
        ending = LINE_END.search(text, begin)
        own = ending[0] if ending else newline
        text = text[:begin] + LINE_END.sub(own, edit.content) + text[end:]
    return text


def without_overlaps(groups: Iterable[tuple[Edit, ...]]) -> Iterator[int]:
    """The numbers of the groups of edits that can be applied together: the earlier ones win.

    What several insert at one place stands there in their order.
    """
    taken: list[Edit] = []
    for number, group in enumerate(groups):
        if not any(edit == other or _overlap(edit.span, other.span) for edit in group for other in taken):
            taken += group
            yield number


def _overlap(one: Span, other: Span) -> bool:
    """Whether two spans have some text in common, or one lies inside the other."""
    return (one.row, one.column) < (other.end_row, other.end_column) and (other.row, other.column) < (
        one.end_row,
        one.end_column,
    )


def with_line_ends(edits: Iterable[Edit], text: str) -> tuple[Edit, ...]:
    """Edits of a text that insert its line ends, for whoever takes them as they are."""
    ends = [match[0] for match in LINE_END.finditer(text)]

    def end_of(row: int) -> str:
        return ends[min(row, len(ends)) - 1] if ends else "\n"

    return tuple(replace(edit, content=LINE_END.sub(end_of(edit.span.row), edit.content)) for edit in edits)
