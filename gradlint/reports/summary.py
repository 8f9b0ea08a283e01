"""The closing lines: what was found, and what was looked at, so that silence does not read as a pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.files import shown
from gradlint.reports.palette import Palette
from gradlint.run import Dialect


def found(diagnostics: Sequence[Diagnostic], palette: Palette) -> str:
    """`Found 2 errors, 1 note.`."""
    parts = []
    for severity in Severity:
        number = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if number:
            parts.append(palette.severity(counted(number, severity.value), severity))
    return f"Found {', '.join(parts)}." if parts else "Found nothing."


def looked_at(files: int, followed: int, weights: int, not_checked: int, accepted: int) -> str:
    """`1,537 files, 84 followed, 31 weights, 2 not checked`."""
    parts = [counted(files, "file"), f"{followed:,} followed", counted(weights, "weight")]
    if not_checked:
        parts.append(f"{not_checked:,} not checked")
    if accepted:
        parts.append(f"{accepted:,} accepted by the baseline")
    return ", ".join(parts)


def one_dialect_only(numbers: Mapping[Dialect, int]) -> Iterator[str]:
    """A line for each dialect that findings hold on alone, with what to say to have them count."""
    for dialect, number in numbers.items():
        keras = dialect.value
        verb = "holds" if number == 1 else "hold"
        yield (
            f"{counted(number, 'finding')} {verb} on Keras {keras} only: "
            f"say `--keras {keras}` or set `keras` in the config"
        )


def moved(numbers: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """A line for each pair of files that accepted findings moved between."""
    for (origin, path), number in numbers.items():
        yield f"{counted(number, 'accepted finding')} moved from {shown(origin)} to {path}: renew the baseline"


def counted(number: int, noun: str) -> str:
    """`1 file`, `1,537 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
