"""An array is indexed by an array, as a tensor cannot be."""

# fix: none

import numpy as np
import tensorflow as tf


class Picked(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")

    def call(self, x):
        order = np.array([2, 0, 1])
        return x * np.array(self.loc)[order]


def make_model():
    return Picked()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
