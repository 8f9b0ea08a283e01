"""NumPy computes with complex numbers where TensorFlow would have to be told."""

# fix: none

import numpy as np
import tensorflow as tf


class Rotate(tf.keras.layers.Layer):
    def build(self, shape):
        self.angle = self.add_weight(name="angle", shape=(3,), initializer="ones")

    def call(self, x):
        turned = np.exp(1j * np.asarray(self.angle))
        return tf.math.real(tf.complex(x, x) * tf.cast(turned, tf.complex64))


def make_model():
    return Rotate()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
