"""Gradients against finite differences: what is partial is told with its line, and what is healthy is not."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import gradlint
from gradlint.probe.report import Slopes
from tests.probe import programs, stock
from tests.probe.programs import Weighted


class Halved(Weighted):
    """The tape says 1 for what is 1/2: it begins after the division."""

    def use(self, x):
        sigma = 2.0 * tf.stop_gradient(tf.reduce_max(self.w) / tf.reduce_max(self.w))
        self.w.assign(self.w / sigma)  # here
        return x * self.w


class Estimated(Weighted):
    def use(self, x):
        return x * (self.w + tf.stop_gradient(tf.round(self.w) - self.w))  # here


class FrozenBeside(Weighted):
    def prepare(self):
        self.start = tf.exp(self.w)  # here

    def use(self, x):
        return x * self.w + self.start


class AsNumber(Weighted):
    def use(self, x):
        return x * self.w * float(tf.reduce_sum(self.w))  # here


PARTIAL = [Halved, Estimated, AsNumber]


@pytest.mark.parametrize("program", PARTIAL)
def test_a_part_that_is_lost_is_told_with_its_line(program):
    report = gradlint.probe(program, programs.inputs, numeric=True)
    (finding,) = [each for each in report.diagnostics if each.code == "GRD503"]
    lines, start = inspect.getsourcelines(program)
    assert finding.location.row == next(start + i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))
    assert finding.weight == "model.w"
    weight = next(each for each in report.variables if each.path == "model.w")
    assert weight.gradient == "ok"
    assert weight.broken
    assert weight.slopes.differ
    assert gradlint.probe(program, programs.inputs).ok


def test_the_words_of_a_failed_assertion():
    with pytest.raises(gradlint.probe.GradientError) as raised:
        gradlint.assert_gradients(Halved, programs.inputs, numeric=True)
    assert str(raised.value).startswith("1 of 2 weights gets a part of its gradient only: model.w\n\nGRD503 ")


def test_the_numbers_that_are_told():
    report = gradlint.probe(Halved, programs.inputs, numeric=True)
    slopes = next(each.slopes for each in report.variables if each.path == "model.w")
    assert slopes.loss == pytest.approx(slopes.tape / 2, rel=0.02)


def test_a_start_that_is_meant_is_no_part():
    """What was frozen beside a live way does not move with the weight: the tape is right."""
    report = gradlint.probe(FrozenBeside, programs.inputs, numeric=True)
    assert not [each for each in report.diagnostics if each.code == "GRD503"]


def test_a_second_model_in_double_precision_leaves_the_first_alone():
    kinds = []

    def make():
        model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
        kinds.append(model.layers[0].kernel.dtype)
        return model

    report = gradlint.probe(make, programs.inputs, numeric=True)
    assert [getattr(each, "name", each) for each in kinds] == ["float32", "float64"]
    assert tf.keras.backend.floatx() == "float32"
    for each in report.variables:
        assert each.dtype == "float32"
        assert each.slopes.loss == pytest.approx(each.slopes.tape, rel=1e-6)


def test_a_built_model_is_put_back():
    tf.keras.utils.set_random_seed(3)
    layers = [tf.keras.Input((3,)), tf.keras.layers.Dense(4, "tanh"), tf.keras.layers.Dropout(0.5)]
    model = tf.keras.Sequential([*layers, tf.keras.layers.BatchNormalization(), tf.keras.layers.Dense(1)])
    before = [each.numpy() for each in model.variables]
    report = gradlint.probe(model, tf.random.stateless_normal([8, 3], seed=(1, 2)), numeric=True)
    assert all(np.array_equal(one, other.numpy()) for one, other in zip(before, model.variables, strict=True))
    assert report.ok
    assert any(each.slopes is not None for each in report.variables)


def test_slopes_are_compared_with_each_other_only():
    assert not Slopes(1e-30, 1.001e-30).differ
    assert Slopes(1e-30, 1.2e-30).differ
    assert not Slopes(0.0, 0.0).differ


@pytest.mark.parametrize("name", ["BatchNormalization", "LSTM", "MultiHeadAttention", "MaxPooling1D", "GaussianNoise"])
def test_healthy_layers(name):
    report = gradlint.probe(*stock.all_models()[name], numeric=True)
    assert not report.findings
    assert any(each.slopes is not None for each in report.variables)
