"""A parameter of `__init__` that the value needs becomes an attribute."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def __init__(self, low: float = 0.1):
        super().__init__()
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")
        self.distribution = tfd.Normal(0.0, low + tf.nn.softplus(self.scale))

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
