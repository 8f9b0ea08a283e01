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
    wrong = verdicts.disagreements(fixture)
    assert not wrong, "\n".join(wrong)
