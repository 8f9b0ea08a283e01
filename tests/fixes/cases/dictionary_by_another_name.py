"""A local of `call` is another name of the dictionary, which counts the calls."""

# fix: none

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.parts = {"scale": tf.exp(self.w)}

    def call(self, x):
        parts = self.parts
        parts["calls"] = parts.get("calls", 0.0) + 1.0
        return x * self.parts["scale"] + self.parts["calls"]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
