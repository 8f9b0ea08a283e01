"""`hasattr` asks whether the attribute is there yet."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.scale = tf.exp(self.w)

    def call(self, x):
        return x * self.scale if hasattr(self, "scale") else x


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
