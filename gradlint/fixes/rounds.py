"""Applying fixes to a text, in rounds, until nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradlint.diagnostics import Diagnostic, Edit
from gradlint.fixes.assessing import heals
from gradlint.fixes.edits import apply_edits, without_overlaps
from gradlint.fixes.offering import Offering, edits_of

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
        fixed, done = _together(text, chosen, findings, apply)
        while len(chosen) > 1 and not _all_healed(offering, fixed, done):
            # Each is right by itself, but not together: the rest comes in later rounds.
            chosen = chosen[: len(chosen) // 2]
            fixed, done = _together(text, chosen, findings, apply)
        healed += done
        text = fixed
    return Fixed(text, tuple(healed), withdrawn)


def _together(
    text: str, chosen: list[tuple[Edit, ...]], findings: list[Diagnostic], apply: Callable[[str, list[Edit]], str]
) -> tuple[str, list[Diagnostic]]:
    """The text with some fixes at once, and the findings that they are for."""
    fixed = apply(text, [edit for group in chosen for edit in group])
    return fixed, [one for one in findings if one.fix is not None and one.fix.edits in chosen]


def _all_healed(offering: Offering, text: str, findings: list[Diagnostic]) -> bool:
    after = offering.assess(text)
    return all(heals(one, offering.assessment, after) for one in findings)
