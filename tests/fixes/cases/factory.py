"""A function makes a weight of the layer that it is given, and the distribution over it."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def positive(layer):
    layer.raw = layer.add_weight(name="raw", shape=[3], initializer="ones")
    return tfd.Normal(0.0, tf.nn.softplus(layer.raw))


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.prior = positive(self)

    def call(self, x):
        return self.prior.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
