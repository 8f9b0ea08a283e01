"""The fixes that gradlint offers for a text, and what the text becomes with each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gradlint.check import rules_on
from gradlint.diagnostics import Applicability, Diagnostic
from gradlint.fixes.edits import apply_edits
from gradlint.following import Task, fix_file, follow_text
from gradlint.run import Dialect
from gradlint.sources import Source


@dataclass(frozen=True)
class Offer:
    """A finding, whether its fix is safe, and the text with the fix."""

    finding: Diagnostic
    safe: bool
    text: str


def task_for(text: str, filename: str, dialect: str | None, fixes: bool = True, more: Collection[str] = ()) -> Task:
    """A task for a text that lies in no file; `more` are codes of rules that are off."""
    codes = frozenset({code for code, on in rules_on().items() if on}.union(more))
    keras = None if dialect is None else Dialect(dialect)
    return Task(Source(filename, filename, text.encode()), filename, codes, keras, None, None, False, fixes)


def findings_in(
    text: str, filename: str, dialect: str | None, fixes: bool = True, more: Collection[str] = ()
) -> tuple[Diagnostic, ...]:
    """The findings, with their fixes if those are wanted."""
    return follow_text(text, task_for(text, filename, dialect, fixes, more)).diagnostics


def offers(text: str, filename: str, dialect: str | None, more: Collection[str] = ()) -> Iterator[Offer]:
    """Every fix that is offered, each once."""
    seen = set()
    for finding in findings_in(text, filename, dialect, more=more):
        if finding.fix is not None and finding.fix.edits not in seen:
            seen.add(finding.fix.edits)
            safe = finding.fix.applicability is Applicability.SAFE
            yield Offer(finding, safe, apply_edits(text, finding.fix.edits))


def fixed(text: str, filename: str, dialect: str | None, unsafe: bool = True) -> str:
    """The text as `--fix` leaves it."""
    done = fix_file(task_for(text, filename, dialect), unsafe)
    assert done is not None
    return done.after.decode()
