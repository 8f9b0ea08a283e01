"""The README tells the truth. `python -m docs.record` renews its recorded parts."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from gradlint.config import read_config
from tests.conftest import ROOT

pytestmark = pytest.mark.static
README = (ROOT / "README.md").read_text(encoding="utf-8")


def recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record", ROOT / "docs" / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_recorded_parts_are_as_they_would_be_recorded_now():
    assert recorder().renewed(README) == README, "run `python -m docs.record`"
    assert "GRD101 `self.mean` gets no gradient" in README


def test_the_config_examples_are_a_config(tmp_path):
    examples = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "pyproject.toml"
    path.write_text("\n".join(examples))
    config = read_config(str(path))
    assert config is not None
    assert config.vocabulary.listed("gradient") == ("my_lib.ops.smooth",)


def test_nobody_is_told_to_install_the_other_gradlint():
    assert not re.search(r"pip install\s+(-\S+\s+)*['\"]?gradlint\b(?!-tf)", README)


def test_every_option_that_is_named_exists(run):
    known = run("check", "--help").stdout + run("probe", "--help").stdout + "--quiet --gradlint"
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)):
        assert option in known, option
