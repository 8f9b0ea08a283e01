"""Every kind of model that people write, healthy: each weight is listed and gets its gradient."""

import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import gradlint
from tests.probe.dialect import KERAS

layers = tf.keras.layers
tfd, tfb = tfp.distributions, tfp.bijectors
X = tf.random.stateless_normal([4, 3], seed=(1, 2))
SEQUENCE = tf.random.stateless_normal([4, 5, 3], seed=(1, 2))


class Subclassed(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(3, "tanh"), layers.Dense(3)]
        self.norm = layers.LayerNormalization()

    def call(self, x, training=False):
        for block in self.blocks:
            x = x + block(x)
        return self.norm(x)


class Lazy(layers.Layer):
    """Makes its layers when it sees its first inputs."""

    def build(self, shape):
        self.inner = layers.Dense(int(shape[-1]))
        self.inner.build(shape)
        self.built = True

    def call(self, x):
        return self.inner(x)


class Module(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones([3, 2]))
        self.b = tf.Variable(tf.zeros([2]))

    def __call__(self, x):
        return tf.tanh(x @ self.w + self.b)


def shared():
    one, other = tf.keras.Input((3,)), tf.keras.Input((3,))
    twin = layers.Dense(2)
    return tf.keras.Model([one, other], layers.Dense(1)(layers.Concatenate()([twin(one), twin(other)])))


def nested():
    given = tf.keras.Input((3,))
    inner = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(3), Lazy()])
    return tf.keras.Model(given, {"a": layers.Dense(1)(inner(given)), "b": layers.Dense(2)(Subclassed()(given))})


def stateful():
    given = tf.keras.Input(batch_shape=(4, 5, 3))
    return tf.keras.Model(
        given, layers.LSTM(2, stateful=True)(layers.SimpleRNN(3, stateful=True, return_sequences=True)(given))
    )


def mixed():
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    return tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)])


def flow():
    bijector = tfb.Chain([tfb.Shift(tf.Variable([0.1, 0.2, 0.3])), tfb.Scale(tf.Variable([1.0, 2.0, 3.0]))])
    return tfd.TransformedDistribution(tfd.MultivariateNormalDiag(tf.Variable(tf.zeros(3))), bijector)


def joint():
    return tfd.JointDistributionNamed({"z": tfd.Normal(tf.Variable(0.5), tf.Variable(1.0))})


def likelihood(model, x):
    return -tf.reduce_mean(model.log_prob(x))


KINDS = {
    "sequential": (lambda: tf.keras.Sequential([layers.Dense(3), Lazy()]), X, None),
    "subclassed": (Subclassed, X, None),
    "nested": (nested, X, None),
    "shared": (shared, [X, X + 1.0], None),
    "stateful": (stateful, SEQUENCE, None),
    "mixed precision": (mixed, X, None),
    "a module": (Module, X, None),
    "a distribution": (flow, X, likelihood),
    "a joint distribution": (joint, tf.constant([0.1, 0.9]), lambda model, x: -tf.reduce_mean(model.log_prob(z=x))),
    "a bijector": (
        lambda: tfb.Chain([tfb.Softplus(), tfb.Scale(tf.Variable([1.0, 2.0, 3.0]))]),
        X,
        lambda model, x: tf.reduce_mean(model.forward(x) ** 2),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_gets_its_gradient(kind):
    make, inputs, loss = KINDS[kind]
    report = gradlint.probe(make, inputs, loss=loss)
    assert report.ok
    assert report.not_checked == ()
    assert report.untracked == ()
    assert {each.gradient for each in report.variables if each.trainable} == {"ok"}
    assert tf.keras.mixed_precision.global_policy().name == "float32"


@pytest.mark.skipif(KERAS == "3", reason="the layers of TFP are made for Keras 2")
def test_a_probabilistic_model_compiled_with_its_likelihood():
    def make():
        head = tfp.layers.DistributionLambda(lambda t: tfd.Normal(t[..., :1], tf.nn.softplus(t[..., 1:])))
        model = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(2), head])
        model.compile("sgd", loss=lambda y, distribution: -distribution.log_prob(y))
        return model

    report = gradlint.probe(make, (X, X[:, :1]))
    assert report.ok
    assert report.loss == "compile"
