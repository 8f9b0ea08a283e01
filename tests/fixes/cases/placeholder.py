"""`__init__` names the attribute with None first."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        # made in build
        self.distribution = None
        self.size = 3

    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[self.size], initializer="ones")
        self.distribution: tfd.Distribution = tfd.Normal(self.loc[0], 1.0)

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
