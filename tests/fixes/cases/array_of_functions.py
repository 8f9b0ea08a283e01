"""An array of NumPy's functions of a weight that a helper was handed: each of them is rewritten, and the array."""

# fix: unsafe

import numpy as np
import tensorflow as tf


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


class Turn(tf.keras.layers.Layer):
    def build(self, shape):
        self.angle = self.add_weight(name="angle", shape=[], initializer="ones")

    def call(self, x):
        return tf.matmul(x, tf.cast(rotation(self.angle), tf.float32))


def make_model():
    return Turn()


def inputs():
    return tf.random.stateless_normal([4, 2], seed=(1, 2))
