"""The weight itself is only a local of `build`."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.distribution = tfd.Normal(loc[0], 1.0)

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
