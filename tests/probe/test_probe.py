"""What is probed, how it is called, and that everything is left as it was found."""

import random
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import gradlint
from gradlint.probe import GradientError, ProbeError
from gradlint.probe.asking.inputs import InputShape, parse_shape
from gradlint.probe.errors import described
from gradlint.probe.table import table
from gradlint.run import Dialect
from tests.probe import programs
from tests.probe.dialect import KERAS

tfd = tfp.distributions


def statuses(report):
    return {each.path: each.gradient for each in report.variables}


def sequential():
    layers = [tf.keras.Input((3,)), tf.keras.layers.Dense(3), tf.keras.layers.BatchNormalization()]
    return tf.keras.Sequential(layers)


def test_importing_imports_no_tensorflow():
    code = "import sys, gradlint, gradlint.probe; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_tensorflow_it_says_what_to_install():
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "import gradlint\n"
        "try: gradlint.probe(lambda: None)\n"
        "except gradlint.probe.ProbeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "pip install '.[probe]'" in done.stdout


def test_a_sequential_model_of_its_own_input_spec():
    report = gradlint.probe(sequential)
    assert report.ok
    assert report.keras is Dialect(KERAS)
    assert statuses(report) == {
        "model.layers[0].kernel": "ok",
        "model.layers[0].bias": "ok",
        "model.layers[1].gamma": "ok",
        "model.layers[1].beta": "ok",
        "model.layers[1].moving_mean": "not_trained",
        "model.layers[1].moving_variance": "not_trained",
    }


def test_several_inputs_and_outputs_compiled():
    numbers, words = tf.keras.Input((3,)), tf.keras.Input((4,), dtype="int32")
    embedded = tf.keras.layers.Flatten()(tf.keras.layers.Embedding(5, 2)(words))
    joined = tf.keras.layers.Concatenate()([tf.keras.layers.Dense(2)(numbers), embedded])
    outputs = {"a": tf.keras.layers.Dense(1)(joined), "b": tf.keras.layers.Softmax()(joined)}
    model = tf.keras.Model([numbers, words], outputs)
    model.compile("adam", "mse")
    assert set(statuses(gradlint.probe(model)).values()) == {"ok"}


def test_a_module_that_takes_two_inputs():
    report = gradlint.probe(programs.PairOfInputs, (programs.inputs(), programs.inputs()))
    assert statuses(report) == {"model.w": "ok", "model.scale": "ok"}


@pytest.mark.parametrize("kind", [programs.Factors, programs.FactorsByMethod])
def test_an_object_that_lists_its_weights_is_a_model_too(kind):
    given = (programs.inputs(), programs.inputs())
    report = gradlint.probe(kind, given)
    assert statuses(report) == {"model.weights['w']": "none", "model.weights['live']": "ok"}
    assert [each.code for each in report.diagnostics] == ["GRD103"]
    assert statuses(gradlint.probe(kind(), given)) == statuses(report)


def test_a_distribution_is_a_model_too():
    made = gradlint.probe(lambda: tfd.Normal(tf.Variable(0.0), tf.Variable(1.0)))
    assert statuses(made) == {"model.loc": "ok", "model.scale": "ok"}


def test_a_bijector_cache_does_not_show_up_by_the_probe_itself():
    def make():
        scale = tfp.util.TransformedVariable(tf.eye(3), tfp.bijectors.FillScaleTriL())
        return tfd.MultivariateNormalTriL(tf.Variable(tf.zeros(3)), scale)

    report = gradlint.probe(make, programs.inputs(), loss=lambda model, x: -tf.reduce_mean(model.log_prob(x)))
    assert statuses(report) == {"model.loc": "ok", "model.scale_tril": "ok"}


def test_a_frozen_layer_is_not_trained():
    def make():
        model = sequential()
        model.layers[0].trainable = False
        return model

    found = statuses(gradlint.probe(make))
    assert found["model.layers[0].kernel"] == "not_trained"
    assert found["model.layers[1].gamma"] == "ok"


def test_zero_and_nonfinite():
    class Odd(programs.Weighted):
        def use(self, x):
            return tf.sign(self.w) + x

    assert statuses(gradlint.probe(Odd, programs.inputs))["model.w"] == "zero"

    class Wild(programs.Weighted):
        def use(self, x):
            return x * tf.sqrt(self.w * 0.0)

    report = gradlint.probe(Wild, programs.inputs)
    assert statuses(report)["model.w"] == "nonfinite"
    assert not report.ok


def test_a_built_model_is_explained_by_a_second_one_of_its_config():
    model = tf.keras.Sequential([tf.keras.Input((3,)), programs.Indexed()])
    model(programs.inputs())
    report = gradlint.probe(model, programs.inputs)
    assert [(d.code, d.weight) for d in report.diagnostics] == [("GRD101", "model.layers[0].w")]


def test_a_built_module_without_a_config_is_said_to_be_not_checked():
    class Frozen(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable([1.0, 2.0, 3.0])
            self.kept = tf.exp(self.w)

        def __call__(self, x):
            return x * self.kept

    report = gradlint.probe(Frozen(), programs.inputs)
    assert statuses(report) == {"model.w": "none"}
    assert [each.path for each in report.not_checked] == ["model.w"]


def test_weights_random_state_and_hooks_stay_as_they_were():
    from tensorflow.python.eager import context

    model = sequential()
    weights = [each.numpy() for each in model.variables]
    tf.random.set_seed(3)
    expected = tf.random.normal([2]).numpy()
    tf.random.set_seed(3)
    state, numbers = random.getstate(), np.random.get_state()[1].copy()
    exponential, callbacks = np.exp, list(context.context().op_callbacks)
    gradlint.probe(model)
    with pytest.raises(ProbeError):
        gradlint.probe(programs.raising)
    with pytest.raises(ProbeError):
        gradlint.probe(model, tf.ones([2, 7]))
    assert all((before == after.numpy()).all() for before, after in zip(weights, model.variables, strict=True))
    assert (tf.random.normal([2]).numpy() == expected).all()
    assert random.getstate() == state
    assert (np.random.get_state()[1] == numbers).all()
    assert np.exp is exponential
    assert list(context.context().op_callbacks) == callbacks
    assert not tf.config.functions_run_eagerly()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (3, "cannot probe an `int`"),
        (programs.no_model, "returned an `int`"),
        (programs.raising, "raised ValueError: no such thing"),
        (lambda: tf.keras.Sequential([tf.keras.layers.Flatten()]), "has no variables"),
        (lambda: tf.linalg.LinearOperatorDiag(tf.Variable([1.0])), "cannot be called and has no `training_loss`"),
    ],
)
def test_errors_say_what_is_wrong(target, words):
    with pytest.raises(ProbeError, match=words):
        gradlint.probe(target, programs.inputs)


def test_inputs_that_are_needed_or_do_not_fit():
    with pytest.raises(ProbeError, match="does not say what inputs it takes"):
        gradlint.probe(programs.Indexed)
    with pytest.raises(ProbeError, match=r"inputs of shape \[2, 7\]"):
        gradlint.probe(sequential, tf.ones([2, 7]))
    with pytest.raises(ProbeError, match="`training_loss` of `Regression` takes a batch"):
        gradlint.probe(programs.Regression)


def test_a_module_that_is_not_called_has_its_own_loss():
    report = gradlint.probe(programs.Regression, (programs.inputs(), programs.inputs()))
    assert statuses(report) == {"model.slope": "ok", "model.spare": "none"}
    assert report.loss == "training_loss"


def test_assert_gradients():
    gradlint.assert_gradients(programs.Healthy, programs.inputs)
    with pytest.raises(GradientError) as caught:
        gradlint.assert_gradients(programs.Indexed, programs.inputs)
    text = str(caught.value)
    assert text.startswith("1 of 2 weights does not train: model.w\n")
    assert "GRD101 `model.w` gets no gradient: `self.w[0]` is computed once" in text
    assert "programs.py" in text
    with pytest.raises(GradientError):
        gradlint.assert_gradients(programs.Unused, programs.inputs)
    gradlint.assert_gradients(programs.Unused, programs.inputs, accept=["model.w"])


class Pooled(tf.keras.Model):
    """Two encoders that are used for their tokens only, as a BERT may be: the pooler is computed and left."""

    def __init__(self):
        super().__init__(name="bert")
        self.encoder = tf.keras.layers.Dense(4, name="encoder")
        self.pooler = tf.keras.layers.Dense(4, name="pooler")

    def call(self, x):
        tokens = self.encoder(x)
        self.pooler(tokens)
        return tokens


@pytest.mark.parametrize("pattern", ["bert/pooler/*", "model.pooler.*", "*/pooler/*"])
def test_weights_are_accepted_by_the_names_that_keras_gives_them_too(pattern):
    assert [each.path for each in gradlint.probe(Pooled, programs.inputs).findings] == [
        "model.pooler.kernel",
        "model.pooler.bias",
    ]
    gradlint.assert_gradients(Pooled, programs.inputs, accept=[pattern])


def test_a_reason_is_told_beside_what_it_accepts():
    report = gradlint.probe(programs.Unused, programs.inputs, accept={"*/kernel": "no", "model.w": "a spare head"})
    weight = next(each for each in report.variables if each.path == "model.w")
    assert (weight.accepted, weight.reason) == (True, "a spare head")
    assert report.ok
    assert "accepted: a spare head" in table(report, color=False)


def test_what_is_not_trained_says_why():
    class Counting(programs.Weighted):
        def build(self, shape):
            super().build(shape)
            self.seen = self.add_weight(name="seen", shape=(), trainable=False, initializer="zeros")
            self.mask = self.add_weight(name="mask", shape=(3,), trainable=False, initializer="ones")

        def use(self, x):
            self.seen.assign_add(1.0)
            return x * self.w * self.mask

    def make():
        model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(3), Counting()])
        model.layers[0].trainable = False
        return model

    reasons = {each.path: each.reason for each in gradlint.probe(make).variables}
    assert reasons.pop("model.layers[0].kernel").startswith("frozen: its layer has")
    assert reasons.pop("model.layers[0].bias").startswith("frozen: its layer has")
    assert reasons.pop("model.layers[1].seen").startswith("updated by the call itself")
    assert reasons.pop("model.layers[1].mask") == "made with `trainable=False`"
    assert set(reasons.values()) == {""}


def test_a_representation_that_fails_before_the_layer_is_built():
    class Shown(programs.Healthy):
        def __repr__(self):
            return f"Shown({self.w.numpy()})"

    def make():
        return tf.keras.Sequential([Shown(), tf.keras.layers.Dense(1)])

    assert gradlint.probe(make, programs.inputs).ok


def test_a_parameter_that_is_not_trained_is_no_layer():
    class Parameter(tf.Module):
        trainable = False

        def __init__(self):
            super().__init__()
            self.value = tf.Variable(1.0, trainable=False)

    class Pair(programs.PairOfInputs):
        def __init__(self):
            super().__init__()
            self.fixed = Parameter()

    report = gradlint.probe(Pair, (programs.inputs(), programs.inputs()))
    reasons = {each.path: each.reason for each in report.variables}
    assert reasons["model.fixed.value"] == "frozen: it has `trainable=False`"


def test_a_pattern_that_accepts_nothing_is_told():
    patterns = ["model.w", "modle.w", "*/no_such"]
    report = gradlint.probe(programs.Unused, programs.inputs, accept=patterns)
    assert report.ok
    assert report.unmatched == ("modle.w", "*/no_such")
    with pytest.warns(gradlint.GradientWarning, match="accept 'modle.w' matches no weight; did you mean \"model.w\""):
        gradlint.assert_gradients(programs.Unused, programs.inputs, accept=patterns)
    with pytest.raises(gradlint.GradientError, match=r"accept 'modle\.w' matches no weight"):
        gradlint.assert_gradients(programs.Unused, programs.inputs, accept=patterns[1:])


def test_accept_reads_brackets_as_indices():
    model = tf.keras.Sequential([tf.keras.Input((3,)), programs.Indexed()])
    assert gradlint.probe(model, accept=["model.layers[0].*"]).ok
    assert not gradlint.probe(model, accept=["model.layers[1].*"]).ok


def test_input_shapes():
    assert parse_shape("4,100") == InputShape((4, 100))
    assert parse_shape("4,100:int32") == InputShape((4, 100), "int32")
    for wrong in ("", "a", "4,-1", "4:what"):
        with pytest.raises(ProbeError, match="cannot read the input shape"):
            parse_shape(wrong)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (programs.loss_without_return, r"the loss `loss_without_return` returned nothing \(is a `return` missing\?\)"),
        (programs.loss_of_text, "the loss `loss_of_text` returned a `str`"),
        (
            programs.loss_by_key,
            "the loss `loss_by_key` raised .* when it was called with the model and inputs of shape",
        ),
        (programs.loss_of_targets, "the loss `loss_of_targets` raised TypeError"),
    ],
)
def test_a_loss_that_cannot_be_asked(loss, words):
    with pytest.raises(ProbeError, match=words):
        gradlint.probe(programs.Healthy, programs.inputs, loss=loss)


def test_a_loss_that_is_a_number():
    report = gradlint.probe(programs.Healthy, programs.inputs, loss=programs.loss_as_number)
    assert {each.gradient for each in report.variables} == {"none"}
    assert [each.code for each in report.diagnostics] == ["GRD201", "GRD201"]  # one for each weight
    assert report.diagnostics[0].enclosing == "loss_as_number"


def test_a_loss_that_is_a_constant():
    report = gradlint.probe(programs.Healthy, programs.inputs, loss=lambda model, values: (model(values), 1.0)[1])
    assert {each.code for each in report.diagnostics} == {"GRD301"}


def test_inputs_that_raise():
    with pytest.raises(ProbeError, match="`no_inputs`, which makes the inputs, raised RuntimeError: no data"):
        gradlint.probe(programs.Healthy, programs.no_inputs)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ValueError"),
        ("one\ntwo", "ValueError: one two"),
        (
            "Exception encountered when calling layer 'a'.\n\nshapes\n\nCall arguments received by layer 'a':\n x",
            "ValueError: shapes",
        ),
        ("word " * 100, "ValueError: " + "word " * 59 + "word …"),
    ],
)
def test_an_exception_in_one_line(text, words):
    assert described(ValueError(text)) == words
