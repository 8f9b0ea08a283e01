"""A program that is written differently and means the same gets the same verdict.

That is what tells an interpreter from a list of patterns. The static verdict is asked of every edit of every
fixture; the tape is asked whether an edit kept the meaning of every sixteenth of them, or of all with
`GRADLINT_EVERY_EDIT=1`.
"""

from __future__ import annotations

import os
import zlib

import pytest

from tests import metamorphic, tape, verdicts

TAPE_EVERY = 1 if os.environ.get("GRADLINT_EVERY_EDIT") else 16


def edits_of_fixtures(edit: str) -> list[tuple[verdicts.Fixture, str]]:
    """The fixtures that an edit can change, with what it makes of them."""
    fixtures = [verdicts.read_fixture(path, tape.DIALECT) for path in verdicts.fixture_paths()]
    texts = [(fixture, metamorphic.edited(fixture.text, metamorphic.EDITS[edit])) for fixture in fixtures]
    return [(fixture, text) for fixture, text in texts if text is not None]


@pytest.mark.parametrize("edit", metamorphic.EDITS)
def test_same_verdict(edit: str) -> None:
    wrong = []
    for fixture, text in edits_of_fixtures(edit):
        found, expected = (
            {(one.weight, one.family) for one in verdicts.static_verdicts(each, fixture.path.name, tape.DIALECT)}
            for each in (text, fixture.text)
        )
        if found != expected:
            wrong.append(f"{fixture.path.stem}: {sorted(found)} after the edit, {sorted(expected)} before")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("edit", metamorphic.EDITS)
def test_same_gradients(edit: str) -> None:
    wrong = []
    for fixture, text in edits_of_fixtures(edit):
        name = f"{fixture.path.stem}-{edit}"
        if fixture.statuses is None or zlib.crc32(name.encode()) % TAPE_EVERY:
            continue
        asked = tape.ask(text, name)
        if asked != fixture.statuses:
            wrong.append(f"{name}: {asked} after the edit, {fixture.statuses} before\n{text}")
    assert not wrong, "\n".join(wrong)
