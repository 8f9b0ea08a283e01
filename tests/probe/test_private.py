"""What is private to TensorFlow is there and does what the probe takes it for; what is not there, is done without."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import gradlint
from gradlint.probe.recording import hooks, keras_hooks, private, transparent
from tests.probe import graphs, programs


@pytest.mark.parametrize("use", private.NAMES)
def test_every_name_is_there(use):
    assert private.lacking(use) == ()


def observed(hook, function):
    seen = []
    with hook(lambda *what: seen.append(what) or (what or [None])[-1]):
        function()
    count = len(seen)
    function()
    assert len(seen) == count, "it is still watched"
    return seen


def asked_of(function):
    with contextlib.suppress(LookupError), tf.GradientTape() as tape:
        value = function()
        return tape.gradient(value, VARIABLE)


VARIABLE = tf.Variable([1.0, 2.0])
HELD = tf.Module()
HELD.weight = VARIABLE


@pytest.mark.parametrize(
    ("hook", "function"),
    [
        (hooks.operations, lambda: tf.exp([1.0])),
        (hooks.variables_created, lambda: tf.Variable(1.0)),
        (hooks.values_leaving, lambda: (VARIABLE * 2.0).numpy()),
        (hooks.values_leaving, lambda: float(VARIABLE[0])),
        (hooks.values_leaving, lambda: np.exp(VARIABLE * 2.0)),
        (hooks.numpy_functions_run, lambda: tf.numpy_function(np.sin, [VARIABLE * 2.0], tf.float32)),
        (hooks.assignments_returned, lambda: VARIABLE.assign([1.0, 2.0])),
        (hooks.constants_made, lambda: tf.constant(np.ones(2))),
        (hooks.attributes_set, lambda: setattr(HELD, "weight", VARIABLE)),
        (hooks.gradients_looked_up, lambda: asked_of(lambda: tf.bitcast(VARIABLE, tf.float32))),
        (keras_hooks.modules_created, tf.Module),
        (hooks.replicas_run_eagerly, lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).run(lambda: None)),
    ],
)
def test_a_hook_is_called_until_it_ends(hook, function):
    assert observed(hook, function)


def operations_of(function):
    return {name for name, *_ in observed(hooks.operations, function)}


@pytest.mark.parametrize(
    "function",
    [
        tf.function(tf.round),
        tf.recompute_grad(tf.round),
        lambda value: tf.py_function(tf.round, [value], tf.float32),
    ],
)
def test_what_runs_as_one_piece_is_opened(function):
    with tf.GradientTape() as tape, transparent.opened(tape):
        assert "Round" in operations_of(lambda: function(VARIABLE))
        assert tape.watched_variables() == (VARIABLE,)


def test_without_its_names_the_probe_tells_less_and_nothing_wrong(monkeypatch):
    find = private.find
    monkeypatch.setattr(private, "find", lambda name: None if "op_callbacks" in name else find(name))
    report = gradlint.probe(graphs.Compiled, programs.inputs)
    assert {each.path: each.gradient for each in report.variables} == {"model.w": "none", "model.live": "ok"}
    assert report.diagnostics == ()
    assert "has no add_op_callback, remove_op_callback" in report.not_checked[0].reason
    assert [each.path for each in report.not_checked] == ["model", "model.w"]
    assert [d.code for d in gradlint.probe(programs.Unused, programs.inputs).diagnostics] == ["GRD301"]
