"""A method returns early where the cache is full."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self._distribution = None

    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")

    def distribution(self):
        if self._distribution is not None:
            return self._distribution
        self._distribution = tfd.Normal(self.loc[0], 1.0)
        return self._distribution

    def call(self, x):
        return self.distribution().log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
