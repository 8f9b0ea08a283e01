"""One frozen attribute is made of another."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd, tfb = tfp.distributions, tfp.bijectors


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.scale = tf.nn.softplus(self.raw)
        self.base = tfd.Normal(0.0, self.scale)
        self.flow = tfd.TransformedDistribution(self.base, tfb.Shift(2.0))

    def call(self, x):
        return self.flow.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
