"""What leaves TensorFlow is used as an array."""

# fix: unsafe

import numpy as np
import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")

    def scale(self):
        return np.exp(self.loc)

    def call(self, x):
        return x * self.scale()


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
