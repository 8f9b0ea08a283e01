"""`call` tries what the first call kept."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")

    def call(self, x):
        try:
            scale = self._scale
        except AttributeError:
            scale = self._scale = tf.exp(self.w)
        return x * scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
