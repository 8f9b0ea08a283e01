"""The static half, the probe and the tape give one answer on every program in `fixtures/`.

A new case is a new file there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tape, verdicts


@pytest.mark.parametrize("path", verdicts.fixture_paths(), ids=lambda path: path.stem)
def test_one_answer(path: Path) -> None:
    fixture = verdicts.read_fixture(path, tape.DIALECT)
    wrong = []
    if fixture.statuses is not None:
        asked = tape.ask(fixture.text, str(path))
        if asked != fixture.statuses:
            wrong.append(f"the tape says {asked}, the comment {fixture.statuses}")
    static = verdicts.static_verdicts(fixture.text, str(path), tape.DIALECT)
    wrong += [f"static: {each}" for each in verdicts.differences(fixture.verdicts, static)]
    if fixture.statuses is not None:
        probed = verdicts.probe_verdicts(fixture.text, str(path))
        wrong += [f"probe: {each}" for each in verdicts.differences(fixture.probed, probed)]
        for mine in static:
            for other in probed:
                if mine.agrees(other) and mine.code != other.code:
                    print(f"{path.stem}: static says {mine}, the probe {other}")
    assert not wrong, "\n".join(wrong)
