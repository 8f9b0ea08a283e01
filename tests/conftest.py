"""What all tests share: runs of the command line, and programs to run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent

BROKEN = """\
import tensorflow as tf
import tensorflow_probability as tfp


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.mu = self.add_weight(name="mean", shape=[1])
        self.distribution = tfp.distributions.Normal(self.mu[0], 1.0)

    def call(self, inputs):
        return self.distribution.prob(inputs)
"""
"""Frozen in both dialects, by line 8."""
BROKEN_ROW = 8
WHOLE = BROKEN.replace("self.mu[0]", "self.mu")
"""Frozen on Keras 3 only."""
HEALTHY = """\
import tensorflow as tf
import tensorflow_probability as tfp


class NormalLikelihood(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.mu = self.add_weight(name="mean", shape=[1])

    def call(self, inputs):
        return tfp.distributions.Normal(self.mu[0], 1.0).prob(inputs)
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def install(folder: Path) -> None:
    """Make a folder what gradlint is installed in as from its wheel: the package, and the entry points it declares."""
    metadata = folder / "gradlint_tf-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: gradlint-tf\nVersion: 0\n")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    points = ((f"[{group}]", *(f"{key} = {value}" for key, value in each.items())) for group, each in groups.items())
    (metadata / "entry_points.txt").write_text("\n".join(line for lines in points for line in lines))
    (folder / "gradlint").symlink_to(ROOT / "gradlint")


@pytest.fixture
def programs() -> dict[str, str]:
    return {"broken": BROKEN, "whole": WHOLE, "healthy": HEALTHY}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`gradlint` in the test's own folder; keyword arguments are environment variables."""

    def gradlint(
        *arguments: str, stdin: str | None = None, cwd: Path = tmp_path, text: bool = True, **environment: str
    ):
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        return subprocess.run(
            [sys.executable, "-m", "gradlint", *arguments],
            check=False,
            cwd=cwd,
            input=stdin,
            capture_output=True,
            encoding="utf-8" if text else None,
            env={**os.environ, "PYTHONPATH": path, **environment},
            timeout=120,
        )

    return gradlint


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str | bytes]], Path]:
    """Writes files below the test's own folder, which becomes the working folder."""

    def write(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return write
