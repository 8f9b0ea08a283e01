"""A dictionary is filled entry by entry."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.parts = {}
        self.parts["scale"] = tf.exp(self.loc)
        self.parts["shift"] = self.loc[0]

    def call(self, x):
        return x * self.parts["scale"] + self.parts["shift"]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
