"""The layers, over the real imports, and what must not be imported at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import BROKEN, HEALTHY, ROOT

pytestmark = pytest.mark.static

HEAVY = ("tensorflow", "tf_keras", "keras", "tensorflow_probability", "libcst", "rich", "numpy", "pathspec")


def test_an_arrow_points_only_downwards():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def imported_by(*arguments: str, cwd: object) -> set[str]:
    """The top-level packages and gradlint's own modules that a run of the interpreter imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        check=False,
        cwd=cwd,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    names = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert names
    return {name if name.startswith("gradlint") else name.split(".")[0] for name in names}


@pytest.mark.parametrize("text", [BROKEN, HEALTHY, "x = 1\n"])
def test_a_check_imports_nothing_heavy(tree, text):
    folder = tree({"a.py": text, "pyproject.toml": "[tool.gradlint]\nkeras = 2\n"})
    imported = imported_by("-m", "gradlint", "check", "a.py", cwd=folder)
    assert imported.isdisjoint(HEAVY)
    assert not any(name.startswith("gradlint.probe") for name in imported)


def test_the_package_imports_nothing_heavy(tmp_path):
    imported = imported_by("-c", "import gradlint", cwd=tmp_path)
    assert imported.isdisjoint(HEAVY)
    assert "gradlint.check" not in imported


def test_the_version_imports_no_engine(tmp_path):
    imported = imported_by("-m", "gradlint", "--version", cwd=tmp_path)
    assert imported.isdisjoint(
        {*HEAVY, "ast", "multiprocessing", "gradlint.check", "gradlint.static", "gradlint.rules"}
    )
