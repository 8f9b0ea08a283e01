"""What a rule says: a `Diagnostic` with its place, its stops and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gradlint.run import Dialect, Span, Stop


class Severity(str, Enum):
    """How bad it is. Only errors and warnings make the exit code 1, unless `--fail-on` says otherwise."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Confidence(str, Enum):
    """What the verdict rests on."""

    CERTAIN = "certain"
    """The tape would agree whatever the caller does."""
    FLOW = "flow"
    """True if the method is called as Keras calls it."""
    GUESS = "guess"
    """Printed only with `--show-guesses`."""


class Applicability(str, Enum):
    """Whether `--fix` applies a fix, or only `--unsafe-fixes`."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True)
class Location:
    """A point in a file; `row` and `column` count from 1."""

    row: int
    column: int


@dataclass(frozen=True)
class Edit:
    """Replace the text of `span` by `content`."""

    span: Span
    content: str


@dataclass(frozen=True)
class Fix:
    """Edits that heal the finding, and how far they can be trusted."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Remedy:
    """What to write instead, in words, for one dialect."""

    dialect: Dialect
    words: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding: one cause, at one place, for one weight.

    `weight` is the weight's label, or None for a finding about a file. `enclosing` is the qualified name
    of the function around the place. `fingerprint` is filled in by `gradlint.check`.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    span: Span
    weight: str | None = None
    dialect: Dialect = Dialect.ANY
    stops: tuple[Stop, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    fix: Fix | None = None
    enclosing: str = ""
    fingerprint: str = ""

    @property
    def filename(self) -> str:
        """The file of the finding's place."""
        return self.span.filename

    @property
    def location(self) -> Location:
        """Where the losing expression begins."""
        return Location(self.span.row, self.span.column)

    @property
    def end_location(self) -> Location:
        """Where the losing expression ends (exclusive)."""
        return Location(self.span.end_row, self.span.end_column)

    @property
    def sort_key(self) -> tuple[str, int, Span, str, str, str]:
        """By path, position, code: the order of every report."""
        return (self.span.filename, self.span.cell, self.span, self.code, self.weight or "", self.message)
