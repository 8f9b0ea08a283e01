"""A check of the numbers may run in every call."""

# fix: safe

import tensorflow as tf


class Scaled(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=(3,))
        self.scale = tf.debugging.check_numerics(tf.exp(self.raw), "scale")

    def call(self, x):
        return x * self.scale


def make_model():
    return Scaled()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
