"""The report as one web page that needs nothing else: no script, no network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.errors import UsageError
from gradlint.reports.drawing import Drawing, cut_of, drawing_of, in_order, title_of
from gradlint.reports.full import place, remedy_lines
from gradlint.reports.lines import Lines
from gradlint.reports.palette import Palette
from gradlint.reports.summary import counted, found
from gradlint.run import Role, Span, Stop

AROUND = 2
"""Lines of source that are shown before and after the cut."""
DECADES = 12
"""The bar of a norm is empty this many powers of ten below the longest."""


@dataclass(frozen=True)
class Weight:
    """A row of the table of weights. `state` is a class of the page, `words` what it reads."""

    name: str
    shape: str
    dtype: str
    state: str
    words: str
    norm: float | None = None
    remark: str = ""
    finding: Diagnostic | None = None


@dataclass(frozen=True)
class Layer:
    """A group of rows."""

    path: str
    weights: tuple[Weight, ...]


@dataclass(frozen=True)
class Page:
    """What stands on a page; only a probe knows layers."""

    title: str
    verdict: str
    good: bool
    facts: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unexplained: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A line of source: its number, and what is before, in and after the marked span."""

    number: int
    before: str
    marked: str = ""
    after: str = ""


@dataclass(frozen=True)
class Step:
    """A stop with its source."""

    role: str
    title: str
    words: str
    place: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Finding:
    """A diagnostic as the page shows it."""

    diagnostic: Diagnostic
    place: str
    steps: tuple[Step, ...]
    drawing: Drawing | None
    remedies: tuple[str, ...]


def report(diagnostics: Sequence[Diagnostic], lines: Lines, palette: Palette) -> str:
    """The page of a check."""
    alarming = any(each.severity is not Severity.NOTE for each in diagnostics)
    return render(
        Page("gradlint check", found(diagnostics, Palette()), good=not alarming, diagnostics=tuple(diagnostics)), lines
    )


def render(page: Page, lines: Lines) -> str:
    """The text of the page.

    Raises:
        UsageError: Jinja is not installed.
    """
    findings = [_finding(each, lines) for each in page.diagnostics]
    numbers = {id(each): number for number, each in enumerate(page.diagnostics, 1)}
    equal = {each: number for number, each in reversed(list(enumerate(page.diagnostics, 1)))}
    norms = [each.norm for layer in page.layers for each in layer.weights if each.norm]
    longest = max(norms, default=1.0)

    def number_of(diagnostic: Diagnostic | None) -> int | None:
        return None if diagnostic is None else numbers.get(id(diagnostic), equal.get(diagnostic))

    def share(norm: float) -> float:
        """How long a norm's bar is, in percent, by its magnitude."""
        return round(max(2.0, 100 * (1 + math.log10(norm / longest) / DECADES)), 1) if 0 < norm < math.inf else 0.0

    text: str = template().render(
        page=page, findings=findings, number_of=number_of, share=share, counted=counted, shown=_number
    )
    return text


def template() -> Any:
    """The page's template.

    Raises:
        UsageError: Jinja is not installed.
    """
    try:
        import jinja2
    except ModuleNotFoundError:
        raise UsageError(
            "the html report needs Jinja, which is not installed: install `gradlint-tf[html]`, or jinja2 itself"
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gradlint.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")


def _number(norm: float) -> str:
    return f"{norm:.3g}"


def _finding(diagnostic: Diagnostic, lines: Lines) -> Finding:
    stops = in_order(diagnostic.stops)
    cut = cut_of(diagnostic)
    steps = [_step(stop, stop is cut, lines) for stop in stops]
    if all(stop.span != diagnostic.span for stop in stops):
        steps.append(Step(Role.CUT.value, "here", "", place(diagnostic.span), tuple(_rows(diagnostic.span, lines, 0))))
    return Finding(
        diagnostic,
        place(diagnostic.span),
        tuple(steps),
        drawing_of(diagnostic),
        tuple(remedy_lines(diagnostic.remedies)),
    )


def _step(stop: Stop, is_cut: bool, lines: Lines) -> Step:
    rows = tuple(_rows(stop.span, lines, AROUND if is_cut else 0))
    title = title_of(stop, is_cut)
    words = re.sub(rf"^{title} here(: |$)", "", stop.words)  # the title says that already
    return Step(Role.CUT.value if is_cut else "", title, words, place(stop.span), rows)


def _rows(span: Span, lines: Lines, around: int) -> Iterator[Row]:
    source = lines(span.filename, span.cell)
    shown = range(max(1, span.row - around), min(len(source), span.row + around) + 1)
    said = [number for number in shown if source[number - 1].strip()]
    for number in shown[said[0] - shown[0] : said[-1] - shown[0] + 1] if said else ():
        text = source[number - 1].rstrip()
        if number != span.row:
            yield Row(number, text)
            continue
        start = span.column - 1
        end = span.end_column - 1 if span.end_row == span.row else len(text)
        yield Row(number, text[:start], text[start:end], text[end:])
