"""Each layer alone: what is lost high in a model hides nothing below it, and the report says how far it came back."""

import inspect
import json

import pytest
import tensorflow as tf

import gradlint
from gradlint.probe.command import text_of
from gradlint.probe.options import ProbeOptions
from gradlint.probe.report import how_far
from tests.probe import programs, stock

layers = tf.keras.layers


class Rounding(layers.Layer):
    def call(self, x):
        return tf.round(x)  # above


class Ceiled(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=(3,), initializer="ones")

    def call(self, x):
        return x * tf.math.ceil(self.w)  # below


class Block(tf.keras.Model):
    """Subclassed, with a weight of its own beside its layers."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(3), Ceiled()

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(3,), initializer="ones")
        self.first.build(shape)
        self.second.build(shape)
        self.built = True

    def call(self, x):
        return self.second(self.first(x)) * self.scale


def stacked():
    return tf.keras.Sequential(
        [tf.keras.Input((3,)), layers.Dense(3), Ceiled(), layers.Dense(3), Rounding(), layers.Dense(1)]
    )


def nested():
    given = tf.keras.Input((3,))
    return tf.keras.Model(given, layers.Dense(1)(Rounding()(Block()(given))))


def found(report):
    return {(each.code, each.location.row) for each in report.diagnostics}


def row(word):
    source = inspect.getsource(inspect.getmodule(row)).splitlines()
    return next(number for number, line in enumerate(source, 1) if line.endswith(f"# {word}"))


@pytest.mark.parametrize("make", [stacked, nested])
def test_a_cut_above_hides_none_below(make):
    both = {("GRD202", row("above")), ("GRD202", row("below"))}
    assert found(gradlint.probe(make, programs.inputs)) == both
    report = gradlint.probe(make, programs.inputs, per_layer=True)
    assert found(report) == both
    alone = {each.path.rpartition(".")[2]: (each.gradient, each.alone) for each in report.variables if each.alone}
    assert alone["w"] == ("none", "none")
    frozen = {each.path for each in report.variables if each.alone == "none"}
    assert len(frozen) == 1
    assert {each.gradient for each in report.variables if each.path not in frozen} == {"none", "ok"}
    assert {each.alone for each in report.variables if each.path not in frozen} == {"ok"}


def test_how_far_the_gradient_came_back():
    report = gradlint.probe(stacked, programs.inputs, per_layer=True)
    assert [(each.kind, each.reached) for each in report.layers] == [
        ("Dense", False), ("Ceiled", False), ("Dense", False), ("Rounding", True), ("Dense", True),
    ]  # fmt: skip
    words = how_far(report)
    assert words.startswith(
        "the gradient comes back as far as model.layers[3] (Rounding), but not to model.layers[2] ("
    )
    assert words in text_of(report, ProbeOptions("model.py:make", color="never"))
    printed = json.loads(text_of(report, ProbeOptions("model.py:make", output_format="json")))
    assert [each["reached"] for each in printed["layers"]] == [False, False, False, True, True]
    assert words in text_of(report, ProbeOptions("model.py:make", output_format="html"))


def test_nothing_is_asked_alone_unless_told():
    report = gradlint.probe(stacked, programs.inputs)
    assert report.layers == ()
    assert {each.alone for each in report.variables} == {""}
    assert how_far(report) == ""


@pytest.mark.parametrize("name", ["RNNOfCells", "MultiHeadAttention", "Bidirectional", "TimeDistributed"])
def test_healthy_layers(name):
    report = gradlint.probe(*stock.all_models()[name], per_layer=True)
    assert report.ok
    assert {each.alone for each in report.variables if each.trainable} <= {"ok", "zero"}  # a state starts at zero
    assert report.not_checked == ()
    assert how_far(report).startswith("the gradient comes back to the outputs of all ")
