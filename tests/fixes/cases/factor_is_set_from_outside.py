"""A function sets from outside what the value was computed from."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.factor = 2.0

    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.scale = tf.exp(self.w) * self.factor

    def call(self, x):
        return x * self.scale


def anneal(layer):
    layer.factor *= 0.5


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
