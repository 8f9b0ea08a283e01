"""The process afterwards is the process before, also where the program raises or somebody presses Ctrl-C."""

import os
import random

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python import pywrap_tfe  # nothing public tells whether a tape is open
from tensorflow.python.eager import context

import gradlint
from gradlint.probe import ProbeError
from tests.probe.programs import Weighted, inputs


def state_of(model, optimizer):
    return {
        "weights": [each.numpy().tolist() for each in model.variables],
        "optimizer": [np.asarray(each).tolist() for each in optimizer.variables],
        "Python": random.getstate(),
        "NumPy": np.random.get_state()[1].tolist(),
        "seed": context.global_seed(),
        "generator": tf.random.get_global_generator().state.numpy().tolist(),
        "policy": tf.keras.mixed_precision.global_policy().name,
        "floats": tf.keras.backend.floatx(),
        "images": tf.keras.backend.image_data_format(),
        "eager": tf.config.functions_run_eagerly(),
        "callbacks": list(context.context().op_callbacks),
        "tapes": pywrap_tfe.TFE_Py_TapeSetIsEmpty(),
        "environment": dict(os.environ),
        "watched": (np.exp, tf.Module.__init__, tf.GradientTape.gradient, tf.keras.layers.Layer.__setattr__),
    }


def spoil():
    random.seed(5)
    np.random.seed(5)
    tf.random.set_seed(5)
    tf.random.get_global_generator().uniform([2])
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    tf.keras.backend.set_floatx("float64")
    tf.keras.backend.set_image_data_format("channels_first")
    tf.config.run_functions_eagerly(True)
    os.environ["GRADLINT_TEST_MADE"] = "1"
    os.environ["GRADLINT_TEST_KEPT"] = "changed"
    os.environ.pop("GRADLINT_TEST_TAKEN", None)


class Unruly(Weighted):
    calls = 0
    last = 9
    ends: BaseException | None = None

    def use(self, x):
        self.calls += 1
        self.w.assign(self.w + 1.0)
        if self.calls > self.last:
            spoil()
            if self.ends is not None:
                raise self.ends
        return x * self.w


@pytest.mark.parametrize("ends", [None, ValueError("no"), KeyboardInterrupt()], ids=["returns", "raises", "Ctrl-C"])
@pytest.mark.parametrize("last", [1, 2, 3], ids=["first call", "second call", "call for causes"])
def test_everything_is_as_before(last, ends, monkeypatch):
    monkeypatch.setenv("GRADLINT_TEST_KEPT", "as it was")
    monkeypatch.setenv("GRADLINT_TEST_TAKEN", "as it was")
    model = Unruly()
    model(inputs())
    optimizer = tf.keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    object.__setattr__(model, "ends", ends)
    object.__setattr__(model, "last", last)
    before = state_of(model, optimizer)
    expected = ProbeError if isinstance(ends, Exception) and last < 3 else type(ends)
    if ends is None or (last == 3 and isinstance(ends, Exception)):
        gradlint.probe(model, inputs)
    else:
        with pytest.raises(expected):
            gradlint.probe(model, inputs, loss=lambda model, x: tf.reduce_sum(tf.round(model(x))))
    after = state_of(model, optimizer)
    assert {key for key in before if before[key] != after[key]} == set()


@pytest.mark.parametrize("ends", [ValueError("no"), KeyboardInterrupt()], ids=["raises", "Ctrl-C"])
def test_everything_is_as_before_after_a_factory(ends):
    model, optimizer = tf.keras.Sequential([tf.keras.Input([3]), tf.keras.layers.Dense(2)]), tf.keras.optimizers.SGD()
    before = state_of(model, optimizer)

    def make():
        spoil()
        tf.keras.layers.Dense(2)(inputs())
        raise ends

    with pytest.raises(ProbeError if isinstance(ends, Exception) else KeyboardInterrupt):
        gradlint.probe(make, inputs)
    after = state_of(model, optimizer)
    assert {key for key in before if before[key] != after[key]} == set()
