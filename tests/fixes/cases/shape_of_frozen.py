"""What is frozen gives another weight its shape: that weight stays what it is."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.prior = tfp.distributions.Normal(0.0, tf.exp(self.raw))
        self.shift = self.add_weight(name="shift", shape=self.prior.batch_shape, initializer="zeros")

    def call(self, x):
        return self.prior.log_prob(x) + self.shift


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
