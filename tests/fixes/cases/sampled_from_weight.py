"""A sample is drawn from the weight itself in `build`: each call would draw another."""

# fix: none

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.value = tfd.Normal(self.loc, 1.0).sample()

    def call(self, x):
        return x * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
