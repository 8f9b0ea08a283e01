"""A list holds a layer beside what is computed: the layer gets a name of its own."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.parts = [tf.keras.layers.Dense(3), tf.exp(self.w)]

    def call(self, x):
        return self.parts[0](x) * self.parts[1]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
