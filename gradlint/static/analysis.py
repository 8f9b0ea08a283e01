"""The entry of the static half: one source text in, its runs out."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.run import Dialect, Run, Span


@dataclass(frozen=True)
class NotChecked:
    """A part of a file that the interpreter gave up on, and why."""

    span: Span
    reason: str


@dataclass(frozen=True)
class FileAnalysis:
    """What one file came to: a run for each dialect asked for, the number of weights met, what was left out."""

    runs: tuple[Run, ...]
    weights: int
    not_checked: tuple[NotChecked, ...] = ()


def has_trigger(data: bytes) -> bool:
    """Whether a file's bytes hold anything that makes it worth parsing (see DESIGN)."""
    return b"Variable(" in data or b"add_weight" in data or b"GradientTape" in data


def dialect_of_source(text: str) -> Dialect | None:
    """The dialect that the file itself settles, or None."""
    return None


def analyse_source(text: str, filename: str, dialects: tuple[Dialect, ...]) -> FileAnalysis:
    """Interpret a source text once per dialect.

    Raises:
        SyntaxError: the text is not Python; ValueError: it holds NUL bytes.
    """
    compile(text, filename, "exec", dont_inherit=True)
    return FileAnalysis(tuple(Run((), dialect=dialect) for dialect in dialects), 0)
