"""`GradientCheck` in `fit`: what it finds, and that the training is what it would be without."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import tensorflow as tf

import gradlint
from gradlint import GradientCheck, GradientError, GradientWarning
from tests.probe import programs
from tests.probe.dialect import KERAS

layers = tf.keras.layers
SAMPLES, BATCH = 20, 4


def data(seed=3):
    numbers = np.random.default_rng(seed)
    return numbers.normal(size=(SAMPLES, 3)).astype("float32"), numbers.normal(size=(SAMPLES, 1)).astype("float32")


def model_of(*inner, **compiled):
    tf.keras.utils.set_random_seed(5)
    model = tf.keras.Sequential([tf.keras.Input((3,)), *inner, layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


def rich_model():
    return model_of(layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.5), metrics=["mae"])


def fitted(model, *callbacks, x=None, y=None, **options):
    """The history and the weights after two epochs."""
    given = data()
    settings = {"batch_size": BATCH} if x is None or isinstance(x, np.ndarray | list | dict) else {}
    x, y = given if x is None else (x, y)
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=list(callbacks), **{**settings, **options}).history
    return history, [each.numpy() for each in model.variables]


def states(check):
    return {each.path: each.gradient for each in check.report.variables if each.trainable}


@pytest.fixture(scope="module", autouse=True)
def first_fit():
    """The first `fit` of a process draws other numbers than all later ones, with the same seed."""
    fitted(rich_model())


@pytest.fixture
def silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error", GradientWarning)
        yield


def datasets():
    x, y = data()
    return tf.data.Dataset.from_tensor_slices((x, y)).shuffle(SAMPLES, seed=1).batch(BATCH)


def generated():
    x, y = data()
    for start in range(0, SAMPLES * 2, BATCH):
        yield x[start % SAMPLES :][:BATCH], y[start % SAMPLES :][:BATCH]


WAYS = {
    "arrays": (rich_model, {}),
    "a dataset": (rich_model, lambda: {"x": datasets()}),
    "a generator": (rich_model, lambda: {"x": generated(), "steps_per_epoch": SAMPLES // BATCH}),
    "several steps at once": (lambda: model_of(layers.Dense(4), steps_per_execution=2), {}),
    "eagerly": (lambda: model_of(layers.Dense(4), run_eagerly=True), {}),
    "weighted samples": (rich_model, lambda: {"sample_weight": np.linspace(0, 1, SAMPLES)}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_training_is_what_it_would_be_without(way, silent):
    make, given = WAYS[way]
    options = given if callable(given) else dict
    check = GradientCheck()
    history, weights = fitted(make(), check, **options())
    plain_history, plain_weights = fitted(make(), **options())
    assert set(states(check).values()) == {"ok"}
    assert history == plain_history
    assert all((one == other).all() for one, other in zip(weights, plain_weights, strict=True))


def test_the_train_function_is_traced_once(silent):
    traces = []

    class Counting(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            if not tf.executing_eagerly() and tf.compat.v1.get_default_graph().building_function:
                traces.append(x.shape)
            return self.dense(x)

    def count(*callbacks):
        traces.clear()
        model = Counting()
        model.compile("sgd", "mse")
        model(tf.ones([2, 3]))
        fitted(model, *callbacks)
        return len(traces)

    assert count(GradientCheck()) == count()


def test_a_weight_without_gradient_is_told_with_its_line():
    check = GradientCheck()
    with pytest.warns(GradientWarning, match="GRD101 `model.layers.0..w` gets no gradient") as told:
        _, _ = fitted(model_of(programs.Indexed()), check)
    assert [str(each.message).splitlines()[0] for each in told if each.category is GradientWarning] == [
        "1 of 4 weights does not train: model.layers[0].w"
    ]
    assert states(check)["model.layers[0].w"] == "none"


def test_it_stops_after_that_batch():
    class Batches(tf.keras.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen += 1

    count = Batches()
    with pytest.warns(GradientWarning):
        history, _ = fitted(model_of(programs.Indexed()), GradientCheck(on_broken="stop"), count)
    assert count.seen == 1
    assert len(history["loss"]) == 1


def test_it_raises_before_the_weights_change():
    model = model_of(programs.Indexed())
    before = [each.numpy() for each in model.variables]
    with pytest.raises(GradientError, match="1 of 4 weights does not train"):
        fitted(model, GradientCheck(on_broken="raise"))
    assert all((one == other.numpy()).all() for one, other in zip(before, model.variables, strict=True))
    # nothing of the check is left on the model
    fitted(model)


def test_accepted_weights_are_silent(silent):
    check = GradientCheck(accept=["*.layers[0].w"])
    fitted(model_of(programs.Indexed()), check)
    assert check.report.ok


def test_several_inputs_and_outputs(silent):
    numbers, words = tf.keras.Input((3,), name="numbers"), tf.keras.Input((4,), dtype="int32", name="words")
    embedded = layers.Flatten()(layers.Embedding(5, 2)(words))
    joined = layers.Concatenate()([layers.Dense(2)(numbers), embedded])
    outputs = {"a": layers.Dense(1, name="a")(joined), "b": layers.Dense(2, activation="softmax", name="b")(joined)}
    model = tf.keras.Model({"numbers": numbers, "words": words}, outputs)
    losses = {"a": "mse", "b": "sparse_categorical_crossentropy"}
    model.compile("sgd", losses, loss_weights={"a": 1.0, "b": 0.5})
    given = {"numbers": data()[0], "words": np.ones((SAMPLES, 4), "int32")}
    check = GradientCheck()
    fitted(model, check, x=given, y={"a": data()[1], "b": np.zeros((SAMPLES, 1), "int32")})
    assert set(states(check).values()) == {"ok"}
    model.compile("sgd", {"a": "mse", "b": None} if KERAS == "3" else {"a": "mse"})
    with pytest.raises(GradientWarning, match=r"2 of 7 weights do not train: model.layers\[\d\].kernel"):
        fitted(model, GradientCheck(), x=given, y={"a": data()[1], "b": np.zeros((SAMPLES, 1), "int32")})


def test_added_losses_count(silent):
    class Penalty(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(name="w", shape=(3,), initializer="ones")

        def call(self, x):
            self.add_loss(tf.reduce_sum(self.w**2))
            return x

    check = GradientCheck()
    fitted(model_of(Penalty()), check)
    assert states(check)["model.layers[0].w"] == "ok"


class OwnStep(tf.keras.Model):
    """Trains one of two layers, with a step of its own."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = layers.Dense(1), layers.Dense(1)

    def call(self, x):
        return self.used(x) + 0.0 * tf.stop_gradient(self.unused(x))

    def train_step(self, batch):
        x, y = batch
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}


def own_step():
    tf.keras.utils.set_random_seed(5)
    model = OwnStep()
    model.compile("sgd")
    model(tf.ones([2, 3]))
    return model


def test_a_train_step_of_its_own_is_asked_what_it_applies():
    check = GradientCheck()
    with pytest.warns(GradientWarning, match="stops the gradient"):
        fitted(own_step(), check)
    assert check.report.loss == "train_step"
    assert states(check) == {
        "model.used.kernel": "ok",
        "model.used.bias": "ok",
        "model.unused.kernel": "none",
        "model.unused.bias": "none",
    }


def test_a_train_step_of_its_own_with_its_loss_told():
    check = GradientCheck(loss=lambda model, batch: tf.reduce_mean((model(batch[0]) - batch[1]) ** 2))
    with pytest.warns(GradientWarning, match="GRD205"):
        fitted(own_step(), check)


def test_a_train_step_of_its_own_trains_as_it_would_without():
    with pytest.warns(GradientWarning):
        history, weights = fitted(own_step(), GradientCheck())
    plain_history, plain_weights = fitted(own_step())
    assert history == plain_history
    assert all((one == other).all() for one, other in zip(weights, plain_weights, strict=True))


def distributed_step():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        return own_step()


def test_a_train_step_that_was_traced_before_on_replicas_is_not_checked():
    model = distributed_step()
    fitted(model)
    with pytest.warns(GradientWarning, match="the gradients were not checked: .*give the callback its `loss`"):
        fitted(model, GradientCheck())


def test_data_of_a_distribution_strategy_are_not_checked():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = model_of()
    with pytest.warns(GradientWarning, match="of which no batch can be looked at"):
        fitted(model, GradientCheck())


class Thresholded(tf.keras.layers.Layer):
    def build(self, shape):
        self.edge = self.add_weight(name="edge", shape=[3], initializer="ones")

    def call(self, x):
        return x * tf.round(self.edge)


def test_a_step_of_its_own_under_a_strategy_gets_its_line():
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = Doubled([tf.keras.Input((3,)), Thresholded(), layers.Dense(1)])
        model.compile("sgd")
    check = GradientCheck()
    with pytest.warns(GradientWarning, match=r"`tf.round\(self.edge\)` has no gradient"):
        fitted(model, check)
    assert [each.code for each in check.report.diagnostics] == ["GRD202"]
    assert (check.report.loss, check.report.not_checked) == ("train_step", ())
    assert states(check) == {
        "model.layers[0].edge": "none",
        "model.layers[1].kernel": "ok",
        "model.layers[1].bias": "ok",
    }


class Doubled(tf.keras.Sequential):
    """A step of its own that is healthy."""

    def train_step(self, batch):
        x, y = batch
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}


def doubled():
    model = Doubled([tf.keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd")
    return model


@pytest.mark.parametrize("make", [model_of, doubled])
def test_norms_for_tensorboard(make, tmp_path, silent):
    fitted(make(), GradientCheck(log_dir=str(tmp_path)))
    (file,) = tmp_path.iterdir()
    points = {}
    for record in tf.data.TFRecordDataset(str(file)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            points[value.tag, event.step] = tf.make_ndarray(value.tensor).item()
    assert set(points) == {
        (f"gradient_norm/model.layers[0].{name}", epoch) for name in ("kernel", "bias") for epoch in (0, 1)
    }
    assert all(value > 0 for value in points.values())


def test_naming_it_imports_no_tensorflow():
    code = "import sys, gradlint; gradlint.GradientCheck(); assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def test_a_wrong_choice_is_told():
    with pytest.raises(ValueError, match="warn, stop, raise"):
        gradlint.GradientCheck(on_broken="shout")
