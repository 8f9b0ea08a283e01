"""A loss in `build` is made of a local."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=[3], initializer="ones")
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        prior = tfd.Normal(0.0, tf.nn.softplus(self.raw))
        # the prior of the gain
        self.add_loss(-tf.reduce_sum(prior.log_prob(self.gain)))

    def call(self, x):
        """Scale."""
        return x * self.gain


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
