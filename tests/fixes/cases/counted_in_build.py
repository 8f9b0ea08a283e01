"""The helper that makes the value counts its calls."""

# fix: none

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.made = 0
        self.value = self.make()

    def make(self):
        self.made = self.made + 1
        return tf.exp(self.loc)

    def call(self, x):
        return x * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
