"""A weight of Keras 3 has no `shape.rank`, which the forward pass asks for."""

# fix: none

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable([0.5, 1.0, 1.5], name="factor")

    def call(self, x):
        assert self.factor.shape.rank == 1
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
