"""A function computes once what the function that it returns uses."""

# fix: safe

import tensorflow as tf


def mean_field(layer):
    loc = layer.add_weight(name="loc", shape=[3], initializer="ones")
    rho = layer.add_weight(name="rho", shape=[3], initializer="zeros")
    sigma = 1e-5 + tf.nn.softplus(rho)

    def draw(seed):
        return loc + sigma * tf.random.stateless_normal([3], seed=(seed, 0))

    return draw


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.draw = mean_field(self)

    def call(self, x):
        return x * self.draw(3)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
