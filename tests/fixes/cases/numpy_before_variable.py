"""What may be a value of NumPy stands before a variable that becomes a weight, or before what becomes a property."""

# fix on Keras 2: safe
# fix on Keras 3: unsafe

import numpy as np
import tensorflow as tf


class Scaled(tf.keras.layers.Layer):
    def __init__(self, gain):
        super().__init__()
        self.gain = gain / np.sqrt(2.0)
        self.raw = tf.Variable([1.0, 2.0, 3.0], name="raw")

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")
        self.kept = np.float32(2.0) * self.scale

    def call(self, inputs):
        return inputs * (self.gain * self.raw) + self.kept


def make_model():
    return Scaled(np.float32(3.0))


def inputs():
    return tf.ones([4, 3])
