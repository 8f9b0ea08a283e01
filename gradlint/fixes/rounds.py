"""Applying fixes to a text, in rounds, until nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradlint.diagnostics import Diagnostic, Edit
from gradlint.fixes.edits import apply_edits, without_overlaps
from gradlint.fixes.offering import Offering, edits_of, grown

MOST_ROUNDS = 10


@dataclass(frozen=True)
class Fixed:
    """What came of a text. `healed` are the findings that were fixed, `withdrawn` those whose fix did not work."""

    text: str
    healed: tuple[Diagnostic, ...] = ()
    withdrawn: tuple[Diagnostic, ...] = ()


def fix_text(
    text: str,
    offering_for: Callable[[str], tuple[Offering, list[Diagnostic]]],
    unsafe: bool,
    apply: Callable[[str, list[Edit]], str] = apply_edits,
) -> Fixed:
    """Fix a text; `offering_for` gives the fixes of a text, and its findings with them, `apply` the edited text."""
    healed: list[Diagnostic] = []
    withdrawn: tuple[Diagnostic, ...] = ()
    for _ in range(MOST_ROUNDS):
        offering, findings = offering_for(text)
        withdrawn = tuple(offering.withdrawn)
        groups = edits_of(findings, unsafe)
        chosen = [groups[number] for number in without_overlaps(groups)]
        if not chosen:
            break
        fixed = apply(text, [edit for group in chosen for edit in group])
        if len(chosen) > 1 and grown(offering.assessment, offering.assess(fixed)):
            # Each is right by itself, but not together: the rest comes in later rounds.
            chosen = chosen[:1]
            fixed = apply(text, [*chosen[0]])
        healed += [one for one in findings if one.fix is not None and one.fix.edits in chosen]
        text = fixed
    return Fixed(text, tuple(healed), withdrawn)
