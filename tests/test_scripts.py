"""Scripts in `fixtures/scripts/` that ask a tape themselves get what their comments say, and both halves say why.

A new case is a new file there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gradlint.probe.child import probed
from gradlint.probe.options import ProbeOptions
from tests import tape, verdicts

PATHS = sorted((verdicts.FOLDER / "scripts").glob("*.py"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_one_answer(path: Path) -> None:
    fixture = verdicts.read_fixture(path, tape.DIALECT)
    if fixture.statuses is not None:
        given = tape.run_source(fixture.text, str(path))["gradients"]
        found = {name: "none" if gradient is None else "ok" for name, gradient in given.items()}
        assert found == fixture.statuses
    static = verdicts.static_verdicts(fixture.text, str(path), tape.DIALECT, notes=True)
    assert not verdicts.differences(fixture.verdicts, static)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_probe_says_it_too(path: Path) -> None:
    fixture = verdicts.read_fixture(path, tape.DIALECT)
    if fixture.statuses is None or '__name__ == "program"' in fixture.text:
        pytest.skip("run as a script, it asks for no gradient")
    found = verdicts.alarms(probed(ProbeOptions(target=str(path))).diagnostics, {})
    assert not verdicts.differences(fixture.probed, found)
