"""A parameter is bound anew below the line that freezes: the property needs what it was there."""

# fix: safe

import tensorflow as tf


class Scale(tf.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
        self.scale = factor * tf.exp(self.raw)
        factor = 5.0
        self.temperature = factor

    def __call__(self, x):
        return x * self.scale * self.temperature


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
