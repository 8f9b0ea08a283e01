"""A weight leaves TensorFlow twice in one line and once in another method: all of it is rewritten at once."""

# fix: safe

import numpy as np
import tensorflow as tf


class Oscillation(tf.keras.layers.Layer):
    def build(self, shape):
        self.phase = self.add_weight(name="phase", shape=[3], initializer="ones")

    def envelope(self, x):
        return np.square(self.phase) * x

    def call(self, x):
        return self.envelope(np.cos(self.phase) * tf.cos(x) - np.sin(self.phase) * tf.sin(x))


def make_model():
    return Oscillation()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
