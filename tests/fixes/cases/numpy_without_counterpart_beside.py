"""One function of NumPy has a counterpart, the other has none: a part of the gradient would be missing, untold."""

# fix: none

import numpy as np
import tensorflow as tf


class Rate(tf.keras.layers.Layer):
    def build(self, shape):
        self.rate = self.add_weight(name="rate", shape=[3], initializer="ones")

    def call(self, x):
        smooth = np.convolve(self.rate, [0.25, 0.5, 0.25], mode="same").astype("float32")
        return x * np.exp(self.rate) + smooth


def make_model():
    return Rate()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
