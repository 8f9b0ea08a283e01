"""The hook, with the real pre-commit, in a scratch repository, from this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BROKEN, HEALTHY, ROOT

pytestmark = [
    pytest.mark.static,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs from a git repository only"),
]


def test_the_hook_refuses_a_broken_file_and_lets_a_healthy_one_pass(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    def command(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments, check=check, cwd=scratch, env=environment, capture_output=True, text=True, timeout=600
        )

    def pre_commit() -> subprocess.CompletedProcess[str]:
        command("git", "add", "-A")
        return command(sys.executable, "-m", "pre_commit", "run", "--all-files", check=False)

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command("git", "init", "-q")
    revision = command("git", "-C", str(ROOT), "rev-parse", "HEAD").stdout.strip()
    (scratch / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {ROOT}\n  rev: {revision}\n  hooks:\n  - id: gradlint\n"
    )
    (scratch / "pyproject.toml").write_text('[tool.gradlint]\nextend-exclude = ["old"]\n')
    (scratch / "old").mkdir()
    (scratch / "old" / "broken.py").write_text(BROKEN)
    (scratch / "healthy.py").write_text(HEALTHY)

    passing = pre_commit()
    assert passing.returncode == 0, passing.stdout + passing.stderr
    assert "Passed" in passing.stdout

    (scratch / "broken.py").write_text(BROKEN)
    failing = pre_commit()
    assert failing.returncode == 1, failing.stdout + failing.stderr
    assert "broken.py:8:54" in failing.stdout
    assert "old/broken.py" not in failing.stdout
