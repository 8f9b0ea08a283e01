"""One statement makes two attributes."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=[6], initializer="ones")
        self.left, self.right = tf.split(self.kernel, 2)

    def call(self, x):
        return x * self.left + self.right


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
