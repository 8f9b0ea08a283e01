"""What overwrites the weight's attribute is read by another method only: a local would say nothing to it."""

# fix: none

import tensorflow as tf


class Clipped(tf.keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=[3], initializer="ones")

    def apply_kernel(self, x):
        return x * self.kernel

    def call(self, x):
        self.kernel = tf.clip_by_value(self.kernel, -2.0, 2.0)
        return self.apply_kernel(x)


def make_model():
    return Clipped()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
