"""What to change so that a weight's gradient comes back: each finding gets its `Change`s, the best first.

The interpreter has said where a weight was frozen, what kept it and who used it; here the statements around that are
asked what can be moved under the tape, and what speaks against it. `fixes/` turns a `Change` into text edits.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace

from gradlint.changes import Change
from gradlint.diagnostics import Diagnostic
from gradlint.run import Span
from gradlint.static.remedies.arrays import tensor_change
from gradlint.static.remedies.caches import cache_change
from gradlint.static.remedies.holders import holder_change
from gradlint.static.remedies.lifting import lifted_change
from gradlint.static.remedies.losses import callable_change, loss_change
from gradlint.static.remedies.operands import reason_of_operand
from gradlint.static.remedies.overwriting import local_change
from gradlint.static.remedies.program import Program, is_imported
from gradlint.static.remedies.properties import SETUP_CODES, owner_property_change, property_change
from gradlint.static.remedies.references import reference_change
from gradlint.static.remedies.scripts import script_change
from gradlint.static.remedies.tapes import tape_change
from gradlint.static.remedies.variables import weight_change
from gradlint.static.scopes import Module

__all__ = ["REMEDIES", "Program", "changes_for", "is_imported", "program_of"]

REMEDIES: dict[str, tuple[Callable[[Program, Diagnostic], Change | None], ...]] = {
    **dict.fromkeys(
        SETUP_CODES,
        (property_change, owner_property_change, reference_change, script_change, lifted_change, cache_change),
    ),
    "GRD106": (cache_change, property_change),
    "GRD107": (loss_change, callable_change),
    "GRD108": (property_change,),
    "GRD109": (tape_change, script_change, reference_change, property_change),
    "GRD201": (tensor_change,),
    "GRD302": (weight_change, holder_change),
    "GRD306": (local_change,),
    "GRD401": (tape_change, script_change),
}
"""What may heal a finding of each code."""


def program_of(
    text: str,
    filename: str,
    findings: Iterable[Diagnostic],
    others: Callable[[], tuple[bytes, ...]],
    suppressed: frozenset[Span] = frozenset(),
) -> Program:
    """A text as the remedies look at it, with all that was found in it; `suppressed` are places that are meant."""
    module = Module(filename, "__main__", text.split("\n"), ast.parse(text, filename))
    return Program(module, tuple(findings), others, suppressed)


def changes_for(program: Program, finding: Diagnostic) -> list[Change]:
    """The changes that may heal a finding, in the order in which they are to be tried."""
    found: list[Change | None] = []
    for remedy in REMEDIES.get(finding.code, ()):
        found.append(remedy(program, finding))
    against = reason_of_operand(program, finding)
    reasons = () if against is None else (against,)
    return [replace(change, reasons=(*change.reasons, *reasons)) for change in found if change is not None]
