"""A saved model as the target of `gradlint probe`, and what is said of one that cannot be loaded."""

import json
import shutil
import zipfile

import pytest
import tensorflow as tf

from gradlint.probe import ProbeError
from gradlint.probe.child import probed
from gradlint.probe.options import ProbeOptions
from tests.probe.dialect import KERAS

layers = tf.keras.layers


@tf.keras.utils.register_keras_serializable("tests")
class Rounded(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=(3,), initializer="ones")

    def call(self, x):
        return x * tf.round(self.w)  # here


class Unregistered(Rounded):
    pass


def loss_of_ones_own(y, prediction):
    return tf.reduce_mean((y - prediction) ** 2)


def saved(folder, *inner, name="model.keras", loss="mse"):
    model = tf.keras.Sequential([tf.keras.Input((3,)), *inner, layers.Dense(1)])
    model.compile("sgd", loss)
    path = str(folder / name)
    model.save(path)
    return path


def probe(path, **chosen):
    return probed(ProbeOptions(path, color="never", **chosen))


def states(report):
    return {each.path: each.gradient for each in report.variables}


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_saved_model(tmp_path, name):
    path = saved(tmp_path, layers.Dense(3), name=name, loss=loss_of_ones_own)
    report = probe(path)
    assert report.ok
    assert len(states(report)) == 4
    assert probe(path, input_shapes=("5,3",)).ok


def test_a_registered_class_is_told_with_its_line(tmp_path):
    report = probe(saved(tmp_path, Rounded()))
    assert states(report)["model.layers[0].w"] == "none"
    (finding,) = report.diagnostics
    assert finding.code == "GRD202"
    assert finding.filename.endswith("test_saved.py")


def test_code_in_the_file_is_not_run(tmp_path):
    path = saved(tmp_path, layers.Lambda(lambda x: x * 2.0))
    with pytest.raises(ProbeError, match=r"(?s)could not be loaded.*returns `load_model\(…, safe_mode=False\)`"):
        probe(path)


def test_a_class_that_keras_does_not_know(tmp_path):
    path = saved(tmp_path, Unregistered())
    with pytest.raises(ProbeError, match=r"Keras does not know `(\w+>)?Unregistered`: .*register_keras_serializable"):
        probe(path)


def test_a_file_of_the_other_keras(tmp_path):
    path, other = saved(tmp_path, Unregistered()), str(tmp_path / "other.keras")
    version = {"2": "3.15.1", "3": "2.15.0"}[KERAS]
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "metadata.json":
                data = json.dumps({**json.loads(data), "keras_version": version}).encode()
            new.writestr(name, data)
    with pytest.raises(ProbeError, match=f"saved by Keras {version}: say --keras {version[0]}"):
        probe(other)


def test_no_model_at_all(tmp_path):
    with pytest.raises(ProbeError, match=r"there is no file .*missing\.keras"):
        probe(str(tmp_path / "missing.keras"))
    shutil.copy(__file__, tmp_path / "text.keras")
    with pytest.raises(ProbeError, match=r"text\.keras could not be loaded"):
        probe(str(tmp_path / "text.keras"))
