"""A local function closes over the frozen value."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        scale = tf.nn.softplus(self.loc)

        def rescale(x):
            return x * scale

        self.rescale = rescale

    def call(self, x):
        return self.rescale(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
