"""An array of numbers and weights, of a given type."""

# fix: safe

import numpy as np
import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.across = self.add_weight(name="across", shape=(), initializer="ones")
        self.along = self.add_weight(name="along", shape=(), initializer="ones")

    def call(self, x):
        matrix = np.array([[1.0, self.across], [self.along, 1.0]], dtype=np.float32)
        rows = np.concatenate([[self.along], [self.across]], axis=0)
        return tf.matmul(x[:, :2], matrix) * rows


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
