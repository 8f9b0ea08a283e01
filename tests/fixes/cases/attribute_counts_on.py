"""A local is computed from an attribute that gets another value afterwards: the local is kept."""

# fix: safe

import tensorflow as tf


class Halves(tf.keras.layers.Layer):
    def __init__(self, units=2):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        units = self.units * 2
        half = units // 2
        self.w = self.add_weight(name="w", shape=[units], initializer="ones")
        self.a = tf.exp(self.w[:half])
        self.b = tf.tanh(self.w[half:])
        self.units = units  # what `get_config` reports

    def call(self, x):
        return x * self.a + self.b


def make_model():
    return Halves()


def inputs():
    return tf.constant([0.1, 0.4])
