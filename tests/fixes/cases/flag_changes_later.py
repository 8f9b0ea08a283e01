"""An attribute that the value depends on is changed by another method."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.factor = 2.0

    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.value = self.factor * self.loc

    def anneal(self):
        self.factor = 1.0

    def call(self, x):
        return x * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
