"""Two branches make the attribute in two ways."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def __init__(self, positive=True):
        super().__init__()
        self.positive = positive

    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        if self.positive:
            value = tf.exp(self.loc)
        else:
            value = 2.0 * self.loc
        self.value = value

    def call(self, x):
        return x * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
