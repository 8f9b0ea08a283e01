"""Programs of several modules in `fixtures/projects/` get the gradients and the findings that their comments say.

A new case is a new folder there, whose `main.py` has the comments of a fixture.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradlint.check import Options, check_paths
from gradlint.run import Dialect
from tests import tape, verdicts

FOLDERS = sorted(path.parent for path in (verdicts.FOLDER / "projects").glob("*/main.py"))

pytestmark = pytest.mark.tape


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_one_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = verdicts.read_fixture(folder / "main.py", tape.DIALECT)
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    try:
        assert tape.ask(main.text, str(main.path)) == main.statuses
    finally:
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
    found = check_paths([str(folder)], Options(isolated=True, keras=Dialect(tape.DIALECT))).diagnostics
    assert sorted((Path(one.filename).resolve(), one.span.row, one.code) for one in found) == sorted(_expected(folder))


def _expected(folder: Path) -> list[tuple[Path, int, str]]:
    return [
        (path, row, one[2])
        for path in folder.rglob("*.py")
        for row, line in enumerate(path.read_text().splitlines(), 1)
        for one in map(verdicts.ONE_EXPECTED.fullmatch, line.partition("# expect: ")[2].split("; "))
        if one is not None and one[1] == tape.DIALECT
    ]
