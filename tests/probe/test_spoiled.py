"""A gradient of zeros, or one that is not finite, is put down to the operation that made it so."""

import inspect

import pytest
import tensorflow as tf

import gradlint
from gradlint.diagnostics import Severity
from tests.probe import programs, spoiled

EXPECTED = {
    "Sign": ("zero", "has a derivative of zero everywhere"),
    "DeadRelu": ("zero", "is flat at every value of this batch"),
    "Clipped": ("zero", "is flat at every value of this batch"),
    "Limited": ("zero", "is flat at every value of this batch"),
    "SaturatedSigmoid": ("zero", "is flat at every value of this batch"),
    "OneEntry": ("zero", "normalizes over a single entry"),
    "CancelledSample": ("zero", "adds a gradient that cancels all the rest"),
    "CancelledMean": ("zero", "adds a gradient that cancels all the rest"),
    "CancelledByChance": ("note", None),
    "NotTaken": ("note", "takes none of these values on this batch"),
    "LosesEveryTime": ("note", "takes none of these values on this batch"),
    "TimesZero": ("note", "multiplies by zeros"),
    "BranchNotTaken": ("note", "takes another way on this batch"),
    "IfNotTaken": ("note", "takes another way on this batch"),
    "NoTurn": ("note", "takes another way on this batch"),
    "HelperNotCalled": ("note", "takes another way on this batch"),
    "BranchTaken": ("ok", None),
    "AtTheMinimum": ("note", None),
    "Reciprocal": ("nonfinite", "gives values that are not finite"),
    "Logarithm": ("nonfinite", "gives values that are not finite"),
    "Overflow": ("nonfinite", "gives values that are not finite"),
    "RootAtZero": ("nonfinite", "has no finite derivative"),
    "NormOfNothing": ("nonfinite", "has no finite derivative"),
    "PowerInWhere": ("nonfinite", "the `tf.where` behind it does not hold that back"),
    "LogarithmInWhere": ("nonfinite", "the `tf.where` behind it does not hold that back"),
    "InfiniteInput": ("nonfinite", "starts from values that are not finite"),
    "MaskedAttention": ("ok", None),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_operation_to_blame(name):
    status, words = EXPECTED[name]
    program = getattr(spoiled, name)
    report = gradlint.probe(program, programs.inputs)
    weight = next(each for each in report.variables if each.path == "model.w")
    assert weight.gradient == ("zero" if status == "note" else status)
    assert report.ok == (status in ("ok", "note"))
    if words is None:
        assert report.diagnostics == ()
        return
    (finding,) = report.diagnostics
    lines, start = inspect.getsourcelines(program)
    assert finding.location.row == next(start + i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))
    assert words in finding.message
    assert finding.code == ("GRD502" if status == "nonfinite" else "GRD501")
    assert (finding.severity is Severity.NOTE) == (status == "note")


def test_a_stock_layer_is_told_where_it_was_made():
    report = gradlint.probe(
        lambda: tf.keras.Sequential([tf.keras.Input([3]), tf.keras.layers.Dense(1, activation="softmax")])
    )
    assert {finding.stops[-1].text for finding in report.diagnostics} == {
        'tf.keras.layers.Dense(1, activation="softmax")'
    }
    assert not report.ok
