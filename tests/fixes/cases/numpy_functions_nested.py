"""Two NumPy functions in each other."""

# fix: safe

import numpy as np
import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")

    def call(self, x):
        return x * np.sqrt(np.exp(self.loc))


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
