"""Fixes for findings: each is tried on the text, which is analysed again, and offered only if that heals it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gradlint.changes import Change
from gradlint.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity
from gradlint.fixes.assessing import (
    Assessment,
    heals,
    left_outside,
    left_tensorflow,
    place_of,
    weight_of,
    worth_fixing,
)
from gradlint.fixes.edits import edits_between
from gradlint.run import Dialect
from gradlint.sources import NOTEBOOK
from gradlint.static.remedies import Program, changes_for, is_imported, program_of

MOST_CHANGES = 12
"""How many changes may make up one fix."""
STAYS_OUTSIDE = "`{}` stays outside the tape, and no gradient comes back on that way"
ONE_DIALECT = "only {} needs it"
NAMES = {Dialect.KERAS_2: "Keras 2", Dialect.KERAS_3: "Keras 3"}


Assess = Callable[[str], Assessment]
Others = Callable[[], tuple[bytes, ...]]
Possible = Callable[[tuple[Edit, ...]], bool]
"""Whether edits of a text can be made where the text comes from."""


@dataclass
class Offering:
    """The fixes of one text. `withdrawn` counts the changes that did not heal their finding."""

    text: str
    filename: str
    assessment: Assessment
    assess: Assess
    others: Others
    possible: Possible = lambda _: True
    withdrawn: list[Diagnostic] = field(default_factory=list)
    _tried: dict[tuple[str, Change], tuple[str, Assessment] | None] = field(default_factory=dict)

    def fixes(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The findings with their fixes."""
        if not any(worth_fixing(one, self.assessment) for one in findings):
            return list(findings)
        program = self._program(self.text, self.assessment)
        offered = []
        for finding in findings:
            fix = None
            if worth_fixing(finding, self.assessment):
                changes = changes_for(program, finding)
                fix = next((fix for change in changes if (fix := self._fix(finding, change)) is not None), None)
                if changes and fix is None:
                    self.withdrawn.append(finding)
            offered.append(finding if fix is None else replace(finding, fix=fix))
        return offered

    def _fix(self, finding: Diagnostic, change: Change) -> Fix | None:
        """The fix that a change makes, with what has to follow it, if that heals the finding."""
        text = self.text
        reasons: list[str] = []
        messages: list[str] = []
        following: Change | None = change
        for _ in range(MOST_CHANGES):
            tried = None if following is None else self._try(text, following)
            if following is None or tried is None:
                return None
            text, after = tried
            reasons += following.reasons
            messages.append(following.message)
            if not heals(finding, self.assessment, after):
                following = self._following(finding, text, after)
                continue
            exits = [one for one in left_tensorflow(finding, self.assessment, after) if not after.is_suppressed(one)]
            if not exits:
                break
            following = self._first_change(text, after, exits)
        else:
            return None
        reasons += [STAYS_OUTSIDE.format(text) for text in left_outside(self.assessment, after)]
        if finding.severity is Severity.NOTE:
            reasons.append(ONE_DIALECT.format(NAMES.get(finding.dialect, "one Keras")))
        message = ", and ".join(dict.fromkeys(messages))
        if reasons:
            message += f"; not safe: {'; '.join(dict.fromkeys(reasons))}"
        edits = edits_between(self.text, text, self.filename)
        applicability = Applicability.UNSAFE if reasons else Applicability.SAFE
        return Fix(applicability, message, edits) if self.possible(edits) else None

    def _following(self, finding: Diagnostic, text: str, after: Assessment) -> Change | None:
        """The change for what a change brought to light, another cause that the first one hid, or for what is left."""
        known = {place_of(one) for one in self.assessment.findings}
        names = weight_of(finding, self.assessment)
        about = [one for one in after.findings if weight_of(one, after) & names and not after.is_suppressed(one)]
        fresh = [one for one in about if place_of(one) not in known]
        return self._first_change(text, after, fresh or [one for one in about if worth_fixing(one, after)])

    def _program(self, text: str, assessment: Assessment) -> Program:
        suppressed = frozenset(one.span for one in assessment.findings if assessment.is_suppressed(one))
        return program_of(text, self.filename, assessment.findings, self.others, suppressed)

    def _first_change(self, text: str, assessment: Assessment, findings: Sequence[Diagnostic]) -> Change | None:
        """The first change for any of a text's findings."""
        if not findings:
            return None
        program = self._program(text, assessment)
        return next((change for one in findings for change in changes_for(program, one)), None)

    def _try(self, text: str, change: Change) -> tuple[str, Assessment] | None:
        if (text, change) not in self._tried:
            from gradlint.fixes.codemod import CannotEditError, changed
            from gradlint.fixes.imports import without_unread

            try:
                after = without_unread(text, changed(text, change), self._is_missed)
            except CannotEditError:
                self._tried[text, change] = None
            else:
                self._tried[text, change] = (after, self.assess(after))
        return self._tried[text, change]

    def _is_missed(self, name: str) -> bool:
        """Whether another file, or whoever goes on with a notebook, may take a name that this one imports."""
        return self.filename.endswith(("__init__.py", NOTEBOOK)) or is_imported(self.filename, name, self.others())


def edits_of(findings: Sequence[Diagnostic], unsafe: bool) -> list[tuple[Edit, ...]]:
    """The edits of the fixes that may be applied, each set once, in the order of the findings."""
    found: dict[tuple[Edit, ...], None] = {}
    for finding in findings:
        if finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE):
            found.setdefault(finding.fix.edits)
    return list(found)
