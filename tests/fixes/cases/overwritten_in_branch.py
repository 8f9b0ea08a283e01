"""`call` overwrites a weight's attribute within a block, and reads it behind that, under a name that is taken."""

# fix: unsafe

import tensorflow as tf


class Masked(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[3], initializer="ones")

    def call(self, x):
        kernel = tf.identity(x)
        with tf.name_scope("mask"):
            self.kernel = tf.constant([1.0, 1.0, 0.5]) * self.kernel  # masked
            kernel = kernel * self.kernel
        return kernel + self.kernel


def make_model():
    return Masked()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
