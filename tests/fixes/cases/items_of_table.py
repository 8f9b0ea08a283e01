"""Two items of a table are needed: the table itself, with keys of several types, is nothing for Keras 2 to keep."""

# fix: unsafe

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def __init__(self, sizes):
        super().__init__()
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.factor = sizes["width"] * tf.exp(self.raw) + sizes[1]

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale({"width": 3.0, 1: 2.0})


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
