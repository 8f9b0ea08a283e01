"""The tables in `gradlint/static/vocabulary` say what the installed TensorFlow says."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load_measure() -> ModuleType:
    path = Path(__file__).with_name("measure.py")
    spec = importlib.util.spec_from_file_location("measure", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


measure = load_measure()
LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") in ("1", "True", "true")


def table(name: str) -> dict[str, Any]:
    found = json.loads((measure.FOLDER / name).read_text())
    header = found.pop("_measured")
    if header != measure.measured_versions():
        pytest.skip(f"{name} was measured with {header}")
    return dict(found)


@pytest.mark.skipif(not LEGACY, reason="measured once, beside Keras 2")
def test_constructors() -> None:
    recorded = json.loads((measure.FOLDER / "tfp.json").read_text())
    own, beside = recorded.pop("_measured"), recorded.pop("_measured_beside")
    installed = measure.probability_versions()
    versions = [{**own, "without": []}, *beside]
    known = next((one for one in versions if installed.items() <= one.items()), None)
    if known is None:
        pytest.skip(f"tfp.json was measured with {versions}")
    assert measure.measured("tfp") == {key: entry for key, entry in recorded.items() if key not in known["without"]}


def test_layers() -> None:
    other = "layers 3" if LEGACY else "layers 2"
    mine = measure.measured("layers 2" if LEGACY else "layers 3")
    recorded = table("layers.json")
    assert {name: known.items() <= mine[name].items() for name, known in recorded.items()} == dict.fromkeys(
        recorded, True
    )
    if not LEGACY:
        assert measure.layers_table([measure.measured(other), mine]) == recorded


def test_attributes() -> None:
    mine = measure.measured("attributes 2" if LEGACY else "attributes 3")
    recorded = table("attributes.json")
    assert all({*names} <= {*recorded[name].split()} for name, names in mine.items())
    if not LEGACY:
        assert measure.attributes_table([measure.measured("attributes 2"), mine]) == recorded


FUNCTION_PARTS = [part for part in measure.FUNCTION_PARTS if (part == "keras.ops") is not LEGACY]


@pytest.mark.parametrize("part", FUNCTION_PARTS)
def test_functions(part: str) -> None:
    recorded = table("tf.json")
    other_parts = tuple(f"{other}." for other in measure.FUNCTION_PARTS if other != part)
    expected = {
        verdict: [name for name in names if name.startswith(f"{part}.") and not name.startswith(other_parts)]
        for verdict, names in recorded.items()
    }
    found = measure.functions_table({part: measure.measured(part)})
    assert found == {verdict: names for verdict, names in expected.items() if names}


@pytest.mark.parametrize("part", FUNCTION_PARTS)
def test_arguments(part: str) -> None:
    other_parts = tuple(f"{other}." for other in measure.FUNCTION_PARTS if other != part)
    recorded = table("arguments.json")
    expected = {name: lost for name, lost in recorded.items() if not name.startswith(other_parts)}
    assert measure.measured(f"{part} arguments") == expected


def hand_kept(key: str) -> list[str]:
    return list(json.loads((measure.FOLDER / "core.json").read_text())[key])


def test_settings_of_stock_layers_are_attributes_of_some() -> None:
    measured = {name for names in table("attributes.json").values() for name in names.split()}
    assert {*hand_kept("stock_settings")} <= measured


def test_hooks_that_are_differentiated_are_called_by_a_base_class() -> None:
    import inspect

    import tensorflow as tf
    import tensorflow_probability as tfp

    bases = (
        tfp.distributions.Distribution,
        tfp.bijectors.Bijector,
        tfp.math.psd_kernels.PositiveSemidefiniteKernel,
        tf.linalg.LinearOperator,
    )
    sources = "".join(inspect.getsource(base) for base in bases)
    hooks = [*hand_kept("differentiated_hooks"), *hand_kept("other_hooks")]
    assert [hook for hook in hooks if f"self.{hook}" not in sources] == []
