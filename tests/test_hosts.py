"""The same answers on programs in `fixtures/hosts/`, which need Sonnet or GPflow: `nox -s hosts` installs them.

A new case is a new file there, named after the package that it needs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tape, verdicts

PATHS = sorted((verdicts.FOLDER / "hosts").glob("*.py"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_one_answer(path: Path) -> None:
    pytest.importorskip(path.stem.partition("_")[0])
    wrong = verdicts.disagreements(verdicts.read_fixture(path, tape.DIALECT))
    assert not wrong, "\n".join(wrong)
