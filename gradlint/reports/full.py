"""The report for people: each finding with the journey of its weight drawn under the lines of source.

GRD101 `self.mu` gets no gradient: `self.mu[0]` is computed once, in `build`
  --> model.py:14:50
   |
12 |         self.mu = self.add_weight(name="mean", shape=[1])
   |         ------- the weight is created here
14 |         self.distribution = tfp.distributions.Normal(self.mu[0], self.sigma[0])
   |                                                      ^^^^^^^^^^ frozen here: no tape is recording when …
   = Keras 3: build the distribution in `call`
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradlint.diagnostics import Diagnostic, Remedy, Severity
from gradlint.reports.grouping import grouped
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette
from gradlint.run import Dialect, Span

FAR = 6
"""Lines further apart than this have an ellipsis between them."""
WIDEST = 150
"""Longer lines are shown in part."""


@dataclass(frozen=True)
class Mark:
    """An underlined span and the words beside it."""

    span: Span
    words: str
    primary: bool


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """All findings, those of one cause in one block, with a blank line after each."""
    return "".join(finding(diagnostic, lines, palette) + "\n" for diagnostic in grouped(diagnostics))


def finding(diagnostic: Diagnostic, lines: Lines, palette: Palette) -> str:
    """One finding."""
    marks = _marks(diagnostic)
    width = len(str(max(mark.span.row for mark in marks)))
    bar = palette.dim(" " * width + " |")
    text = [heading(diagnostic, palette)]
    for position, (filename, cell) in enumerate(_files(diagnostic.span, marks)):
        own = [mark for mark in marks if (mark.span.filename, mark.span.cell) == (filename, cell)]
        frame = list(_frame(own, lines(filename, cell), width, palette))
        arrow = "-->" if position == 0 else ":::"
        first = diagnostic.span if position == 0 else own[0].span
        text.append(f"{' ' * width}{palette.dim(arrow)} {place(first)}")
        if frame:
            text += [bar, *frame]
    for words in remedy_lines(diagnostic.remedies):
        text.append(f"{' ' * width} {palette.dim('=')} {palette.remedy(words)}")
    return "\n".join(text) + "\n"


def heading(diagnostic: Diagnostic, palette: Palette) -> str:
    """The code, what it is if it is no error, and the message."""
    rank = "" if diagnostic.severity is Severity.ERROR else f" [{diagnostic.severity.value}]"
    return f"{palette.severity(diagnostic.code + rank, diagnostic.severity)} {palette.bold(diagnostic.message)}"


def place(span: Span) -> str:
    """`path:row:column`, with the cell in a notebook."""
    cell = f":cell {span.cell}" if span.cell else ""
    return f"{span.filename}{cell}:{span.row}:{span.column}"


def remedy_lines(remedies: Sequence[Remedy]) -> Iterator[str]:
    """What to write instead, one line for each dialect that wants other words."""
    for remedy in dict.fromkeys(remedies):
        dialect = "" if remedy.dialect is Dialect.ANY else f"Keras {remedy.dialect.value}: "
        yield dialect + remedy.words


def _marks(diagnostic: Diagnostic) -> list[Mark]:
    """The finding's place and its stops in the order of the source; the place says what its own stop says."""
    words = next((stop.words for stop in diagnostic.stops if stop.span == diagnostic.span), "")
    marks = {diagnostic.span: Mark(diagnostic.span, words, primary=True)}
    for stop in diagnostic.stops:
        known = marks.get(stop.span)
        if known is None:
            marks[stop.span] = Mark(stop.span, stop.words, primary=False)
        elif stop.words not in known.words:
            marks[stop.span] = Mark(stop.span, f"{known.words}; {stop.words}", known.primary)
    return sorted(
        marks.values(), key=lambda mark: (mark.span.filename, mark.span.cell, mark.span.row, not mark.primary)
    )


def _files(place: Span, marks: Sequence[Mark]) -> list[tuple[str, int]]:
    """The finding's own file first, then the others in order."""
    return list(dict.fromkeys([(place.filename, place.cell), *((m.span.filename, m.span.cell) for m in marks)]))


def _frame(marks: Sequence[Mark], lines: Sequence[str], width: int, palette: Palette) -> Iterator[str]:
    last = None
    for row in sorted({mark.span.row for mark in marks}):
        if row > len(lines) or not lines[row - 1].strip():
            continue
        if last is not None and row - last > FAR:
            yield palette.dim("...")
        last = row
        own = [mark for mark in marks if mark.span.row == row]
        line = Line(lines[row - 1], min(mark.span.column for mark in own))
        yield f"{palette.dim(f'{row:>{width}} |')} {line.shown}".rstrip()
        for mark in own:
            for drawn in _underline(line, mark, palette):
                yield f"{palette.dim(' ' * width + ' |')} {drawn}".rstrip()


def _underline(line: Line, mark: Mark, palette: Palette) -> Iterator[str]:
    """The underline with its words beside it, or below it where that would get too wide."""
    span = mark.span
    end = span.end_column if span.end_row == span.row else len(line.text.rstrip()) + 1
    start, stop = line.position(span.column), line.position(end)
    drawn = ("^" if mark.primary else "-") * max(stop - start, 1)
    beside = stop + len(mark.words) < WIDEST
    for text in [f"{drawn} {mark.words}".rstrip()] if beside else [drawn, mark.words]:
        yield " " * start + palette.paint(text, "1;31" if mark.primary else "34")


class Line:
    """A line of source as a terminal can show it: tabs expanded, nothing that moves the cursor, not too long."""

    def __init__(self, text: str, first_column: int) -> None:
        self.text = text
        cells = [_shown(character) for character in text.rstrip()]
        self._widths = [sum(_width(character) for character in cell) for cell in cells]
        self._cut = 0
        if sum(self._widths) > WIDEST:
            self._cut = max(0, min(first_column - 1 - WIDEST // 4, len(cells)))
            cells = cells[self._cut : self._cut + WIDEST]
        self.shown = ("…" if self._cut else "") + "".join(cells)
        if self._cut + len(cells) < len(self._widths):
            self.shown += "…"

    def position(self, column: int) -> int:
        """Where a column of the source begins on the screen."""
        begin = self._cut
        end = min(max(column - 1, begin), begin + WIDEST if sum(self._widths) > WIDEST else len(self._widths))
        return (1 if begin else 0) + sum(self._widths[begin:end])


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    return character if character.isprintable() else "�"


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
