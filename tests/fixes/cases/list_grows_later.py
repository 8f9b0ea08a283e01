"""Another method appends to the list that `build` makes."""

# fix: none

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.values = [tf.exp(self.loc)]

    def extend(self, value):
        self.values.append(value)

    def call(self, x):
        return x * self.values[0]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
