"""What a compiled model is probed with: the loss of `compile`, or what its own `train_step` asks its tapes for."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import gradlint
from gradlint.probe import ProbeError
from tests.probe import programs

layers = tf.keras.layers
X = tf.random.stateless_normal([4, 3], seed=(1, 2))
Y = tf.random.stateless_normal([4, 1], seed=(1, 3))


class Headed(tf.keras.Model):
    """Two outputs, of which only one is trained."""

    def __init__(self):
        super().__init__()
        self.used, self.spare = layers.Dense(1), layers.Dense(1)

    def call(self, x):
        return self.used(x), self.spare(x)


class OwnLoss(Headed):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return tf.reduce_mean((y_pred[0] - y) ** 2)


class OwnStep(Headed):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x)[0] - y) ** 2)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}


class Minimizing(Headed):
    """Keras 2 lets the optimizer ask the tape."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x)[0] - y) ** 2)
        if hasattr(tf.keras, "ops"):
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        else:
            self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return {"loss": loss}


class CompiledStep(Headed):
    train_step = tf.function(OwnStep.train_step)


class Adversarial(tf.keras.Model):
    """Each of two losses is for the weights of one half. The penalty asks for the gradient of a batch."""

    def __init__(self):
        super().__init__()
        self.maker = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(3)])
        self.judge = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
        self.frozen_judge = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(1)])
        self.optimizers = {"maker": tf.keras.optimizers.Adam(), "judge": tf.keras.optimizers.Adam()}

    def descend(self, name, tape, loss):
        weights = getattr(self, name).trainable_variables
        self.optimizers[name].apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def train_step(self, real):
        noise = tf.random.normal([4, 2])
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(real)
                judged = self.judge(real)
            slope = tf.reduce_sum(inner.gradient(judged, real) ** 2)
            loss = tf.reduce_mean(tf.nn.softplus(self.judge(self.maker(noise))) - judged) + slope
        self.descend("judge", tape, loss)
        with tf.GradientTape() as tape:
            made = tf.round(self.maker(noise))
            loss = -tf.reduce_mean(self.judge(made) + self.frozen_judge(made))
        self.descend("maker", tape, loss)
        return {"loss": loss}


def compiled(kind, *arguments):
    def make():
        model = kind()
        model.compile(*arguments)
        return model

    return make


def sequential():
    model = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def answers(report):
    return {each.path: each.gradient for each in report.variables}


@pytest.mark.parametrize("kind", [OwnLoss, OwnStep, Minimizing, CompiledStep])
@pytest.mark.parametrize("built", [False, True])
def test_what_fit_leaves_out_gets_nothing(kind, built):
    make = compiled(kind, "adam")
    if built:
        make = make()
        make(X)
    report = gradlint.probe(make, (X, Y))
    assert report.loss == ("compile" if kind is OwnLoss else "train_step")
    assert answers(report) == {
        "model.used.kernel": "ok", "model.used.bias": "ok", "model.spare.kernel": "none", "model.spare.bias": "none",
    }  # fmt: skip
    if not built:  # else nobody saw where they are made
        assert {each.code for each in report.diagnostics} == {"GRD301"}


def test_each_loss_is_for_the_weights_that_it_is_asked_for():
    report = gradlint.probe(compiled(Adversarial), X)
    found = answers(report)
    assert found.pop("model.maker.layers[0].kernel") == found.pop("model.maker.layers[0].bias") == "none"
    assert found.pop("model.frozen_judge.layers[0].kernel") == found.pop("model.frozen_judge.layers[0].bias")
    assert set(found.values()) == {"ok"}
    assert {(each.code, each.stops[-1].text) for each in report.diagnostics} == {
        ("GRD202", "tf.round(self.maker(noise))")
    }
    assert {each.path for each in report.not_checked} == {
        "model.frozen_judge.layers[0].kernel", "model.frozen_judge.layers[0].bias",
    }  # fmt: skip


class MadeBeforeTheTape(tf.keras.Model):
    """The forward pass of one half stands before the tape, that of the other inside it."""

    def __init__(self):
        super().__init__()
        self.maker = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(2)])
        self.judge = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(1)])

    def call(self, x):
        return self.judge(self.maker(x))

    def train_step(self, data):
        x, y = data
        made = self.maker(x)  # lost
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.judge(made) - y) ** 2)
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply_gradients([(g, v) for g, v in zip(gradients, weights, strict=True) if g is not None])
        return {"loss": loss}


class MadeUnderAnotherTape(MadeBeforeTheTape):
    def train_step(self, data):
        x, y = data
        weights = self.trainable_variables
        with tf.GradientTape() as other:
            made = self.maker(x)  # lost
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self.judge(made) - y) ** 2)
            tape.gradient(loss, weights)
            other.watch(x)
        return {"loss": loss}


class LossBelowTheTape(MadeBeforeTheTape):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            made = self(x)
        loss = tf.reduce_mean(made - y)  # lost
        tape.gradient(loss, self.trainable_variables)
        return {"loss": loss}


class PausedTape(MadeBeforeTheTape):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            with tape.stop_recording():
                made = self.maker(x)  # lost
            loss = tf.reduce_mean((self.judge(made) - y) ** 2)
        tape.gradient(loss, self.trainable_variables)
        return {"loss": loss}


class SumBelowTheTape(MadeBeforeTheTape):
    """What is paused as well is not what ends the gradient."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape(persistent=True) as tape:
            made = self.maker(x)
            loss = tf.reduce_mean((self.judge(made) - y) ** 2)
            with tape.stop_recording():
                norm = tf.norm(made)
            other = tf.reduce_mean(tf.abs(made)) + 0.0 * norm
        tape.gradient(loss + other, self.maker.trainable_variables)  # lost
        tape.gradient(loss, self.judge.trainable_variables)
        return {"loss": loss}


class TwoPartsBeforeTheTape(MadeBeforeTheTape):
    def train_step(self, data):
        x, y = data
        made = self.maker(x)  # lost
        judged = tf.identity(made * 2.0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.judge(judged) - y) ** 2)
        tape.gradient(loss, self.trainable_variables)
        return {"loss": loss}


class AlternatingTapes(MadeBeforeTheTape):
    """Every other step opens a tape more."""

    step = 0

    def train_step(self, data):
        x, y = data
        self.step += 1
        if self.step % 2:
            with tf.GradientTape() as spare:
                spare.watch(x)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        tape.gradient(loss, self.trainable_variables)
        return {"loss": loss}


class WatchingByName(MadeBeforeTheTape):
    """The tape watches what it is told to, and that is not all."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for each in self.judge.trainable_variables:
                tape.watch(getattr(each, "value", each) if hasattr(tf.keras, "ops") else each)
            loss = tf.reduce_mean((self(x) - y) ** 2)
        tape.gradient(loss, self.trainable_variables)  # lost
        return {"loss": loss}


class SharedTape(MadeBeforeTheTape):
    """Nothing is lost: one tape records all of it, and is asked twice."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape(persistent=True) as tape:
            made = self.maker(x)
            loss = tf.reduce_mean((self.judge(made) - y) ** 2)
        for part in (self.maker, self.judge):
            weights = part.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}


class BuiltByTheStep(OwnStep):
    """One layer has its weights from the start, the other gets them in the first step."""

    def __init__(self):
        super().__init__()
        self.spare = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(3)])

    def call(self, x):
        return self.used(self.spare(x)), x


def lost_row(kind):
    lines, start = inspect.getsourcelines(kind)
    return next(start + index for index, line in enumerate(lines) if line.rstrip().endswith("# lost"))


@pytest.mark.parametrize(
    ("kind", "code", "dead"),
    [
        (MadeBeforeTheTape, "GRD401", "maker"),
        (MadeUnderAnotherTape, "GRD401", "maker"),
        (LossBelowTheTape, "GRD401", ""),
        (PausedTape, "GRD205", "maker"),
        (SumBelowTheTape, "GRD401", "maker"),
        (TwoPartsBeforeTheTape, "GRD401", "maker"),
        (WatchingByName, "GRD403", "maker"),
    ],
)
def test_the_tape_of_the_step_is_what_counts(kind, code, dead):
    report = gradlint.probe(compiled(kind, "adam"), (X, Y))
    lost = {path for path, answer in answers(report).items() if answer == "none"}
    assert lost == {path for path in answers(report) if dead in path}
    assert {(each.code, each.location.row) for each in report.diagnostics} == {(code, lost_row(kind))}
    assert all(each.diagnostic is not None for each in report.variables if each.gradient == "none")
    assert not report.not_checked


@pytest.mark.parametrize("kind", [SharedTape, AlternatingTapes])
def test_sound_tapes(kind):
    report = gradlint.probe(compiled(kind, "adam"), (X, Y))
    assert report.ok
    assert set(answers(report).values()) == {"ok"}


def test_a_step_that_stumbles_over_a_symbol():
    class Stumbling(OwnStep):
        def __init__(self):
            super().__init__()
            self.child = programs.Child()

        def call(self, x):
            return self.used(self.child(x)), x

    report = gradlint.probe(compiled(Stumbling, "adam"), (X, Y))
    lost = {each.path: each.gradient for each in report.variables if "child" in each.path}
    assert lost == {"model.child.w": "none"}
    assert [each.code for each in report.diagnostics if each.weight == "model.child.w"] == ["GRD103"]
    assert {each.gradient for each in report.variables if "used" in each.path} == {"ok"}


def test_what_the_first_step_builds_is_asked_for():
    report = gradlint.probe(compiled(BuiltByTheStep, "adam"), (X, Y))
    assert set(answers(report).values()) == {"ok"}
    assert len(report.variables) == 4
    assert not report.not_checked


def test_a_probed_step_moves_nothing():
    model = compiled(OwnStep, "adam")()
    model(X)
    before = [each.numpy() for each in model.variables]
    gradlint.probe(model, (X, Y))
    assert all(np.array_equal(one, other.numpy()) for one, other in zip(before, model.variables, strict=True))
    assert not {"apply_gradients", "apply"} & set(vars(model.optimizer))


def test_the_loss_of_compile():
    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    for given in ((X, Y), (X, Y, tf.ones([4])), batches, lambda: (X, Y)):
        report = gradlint.probe(sequential, given)
        assert report.loss == "compile"
        assert report.ok
    assert gradlint.probe(sequential, X).loss == "outputs"
    assert gradlint.probe(sequential).loss == "outputs"
    assert gradlint.probe(sequential, (X, Y), loss=lambda model, batch: tf.reduce_sum(model(batch[0]))).loss == "given"


def test_two_inputs_are_no_batch():
    def make():
        one, other = tf.keras.Input((3,)), tf.keras.Input((3,))
        model = tf.keras.Model([one, other], layers.Dense(1)(layers.Concatenate()([one, other])))
        model.compile("sgd", "mse")
        return model

    assert gradlint.probe(make, (X, X)).loss == "outputs"
    assert gradlint.probe(make, ((X, X), Y)).loss == "compile"


def test_without_a_batch_the_outputs_are_asked_and_that_is_said():
    report = gradlint.probe(compiled(OwnStep, "adam"), X)
    assert report.loss == "outputs"
    assert set(answers(report).values()) == {"ok"}
    (note,) = report.not_checked
    assert "its own `train_step`, which wants a batch" in note.reason


def test_a_step_that_fails_on_a_batch_is_told():
    class Failing(OwnStep):
        def train_step(self, data):
            raise KeyError("label")

    with pytest.raises(ProbeError, match="`Failing` raised KeyError: 'label'"):
        gradlint.probe(compiled(Failing, "adam"), (X, Y))


def test_a_step_without_any_tape_is_told():
    class Aimless(OwnStep):
        def train_step(self, data):
            return {"loss": tf.reduce_mean(self(data[0])[0])}

    with pytest.raises(ProbeError, match="asks no tape for the gradient of a variable"):
        gradlint.probe(compiled(Aimless, "adam"), (X, Y))


class Rounded(layers.Layer):
    def call(self, x):
        return tf.round(x)


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_model_of_a_strategy_is_probed_with_its_loss(replicas):
    """Keras 2 counts the loss in variables that only replicas may change."""
    names = [f"CPU:{number}" for number in range(replicas)]
    with tf.distribute.MirroredStrategy(names).scope():
        first = layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")
        model = tf.keras.Sequential([tf.keras.Input((3,)), first, Rounded(), layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
    report = gradlint.probe(model, (X, Y))
    assert report.loss == "compile"
    assert [each.gradient for each in report.variables] == ["none", "none", "ok", "ok"]
    assert {each.code for each in report.diagnostics} == {"GRD202"}
    assert not report.not_checked
    assert np.isfinite(model.evaluate(X, Y, verbose=0))
