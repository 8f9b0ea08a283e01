"""The flake8 plugin, found by its entry point in a run of flake8."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, WHOLE, install

pytestmark = pytest.mark.static


@pytest.fixture
def flake8(tmp_path, tree):
    """A run of flake8 beside which gradlint is installed."""
    install(tmp_path / "installed")

    def run(files, *arguments, stdin=None):
        folder = tree(files)
        return subprocess.run(
            [sys.executable, "-m", "flake8", "--select", "GRD", *arguments],
            check=False,
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
            timeout=120,
        )

    return run


COLUMN = BROKEN.split("\n")[BROKEN_ROW - 1].index("self.mu[0]") + 1


def test_errors_are_those_of_the_check(flake8):
    files = {"models/broken.py": BROKEN, "models/healthy.py": HEALTHY, "models/either.py": WHOLE}
    done = flake8(files, "models")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"models/broken.py:{BROKEN_ROW}:{COLUMN}: GRD101 `self.mu` gets no gradient")
    assert (done.returncode, done.stderr) == (1, "")


def test_the_project_settles_the_dialect(flake8):
    done = flake8({"models/either.py": WHOLE, "requirements.txt": "keras>=3\n"}, "models")
    assert "GRD104" in done.stdout


def test_flake8_can_ignore_a_code_and_a_line(flake8):
    noted = BROKEN.replace("1.0)", "1.0)  # noqa: GRD101")
    assert flake8({"a.py": BROKEN}, "--extend-ignore", "GRD101", "a.py").stdout == ""
    assert flake8({"a.py": noted}, "a.py").stdout == ""


def test_standard_input(flake8):
    done = flake8({}, "--stdin-display-name", "models/a.py", "-", stdin=BROKEN)
    assert done.stdout.startswith(f"models/a.py:{BROKEN_ROW}:")
