"""What holds of the fixes of any program: made from a grammar, with any line ends."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradlint.diagnostics import Severity
from gradlint.fixes.edits import apply_edits, edits_between
from tests.fixes import grammar, offers

pytestmark = pytest.mark.static
DIALECTS = st.sampled_from(["2", "3", None])
slow = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def causes(text: str, dialect: str | None) -> Counter[tuple[str, str | None]]:
    found = offers.findings_in(text, "program.py", dialect, fixes=False)
    return Counter((one.code, one.weight) for one in found if one.severity is not Severity.NOTE)


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(one.string for one in tokens if one.type == tokenize.COMMENT)


@slow
@given(grammar.programs() | grammar.scripts(), DIALECTS, st.booleans())
def test_fixed_text_is_python_with_fewer_findings_and_stays(text, dialect, unsafe):
    fixed = offers.fixed(text, "program.py", dialect, unsafe)
    ast.parse(fixed)
    before, after = causes(text, dialect), causes(fixed, dialect)
    assert not after - before
    assert after.total() < before.total() or fixed == text or dialect is None  # a note may be what was fixed
    assert offers.fixed(fixed, "program.py", dialect, unsafe) == fixed
    assert comments(text) <= comments(fixed)


@slow
@given(grammar.programs() | grammar.scripts(), DIALECTS)
def test_each_fix_heals_and_leaves_the_rest_alone(text, dialect):
    lines = text.splitlines(keepends=True)
    for offer in offers.offers(text, "program.py", dialect):
        assert causes(offer.text, dialect).total() < causes(text, dialect).total() or dialect is None
        edits = offer.finding.fix.edits
        touched = {row for edit in edits for row in range(edit.span.row, edit.span.end_row)}
        kept = [line for row, line in enumerate(lines, 1) if row not in touched]
        inserted = [line for edit in edits for line in edit.content.splitlines(keepends=True)]
        assert Counter(offer.text.splitlines(keepends=True)) == Counter(kept) + Counter(inserted)


LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=6)


@given(st.lists(LINE), st.lists(LINE), st.sampled_from(["\n", "\r\n", "\r"]))
def test_edits_lead_from_one_text_to_the_other(before, after, newline):
    old, new = "\n".join(before), "\n".join(after)
    edits = edits_between(old, new, "")
    assert apply_edits(old, edits) == new
    changed = apply_edits(old.replace("\n", newline), edits)
    assert changed == (new.replace("\n", newline) if "\n" in old else new)
