"""A generator draws noise, which must stay the noise that it was."""

# fix: safe

import numpy as np
import tensorflow as tf


GENERATOR = np.random.RandomState(7)


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.scale = tf.exp(self.w) * GENERATOR.uniform(size=3).astype("float32")

    def call(self, x):
        return x * self.scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
