"""A method is made a cached property by an assignment in the body of its class."""

# fix: safe

import functools

import tensorflow as tf


class Cayley(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.raw = self.add_weight(name="raw", shape=[3, 3], initializer="random_normal")

    def _matrix(self):
        skew = self.raw - tf.transpose(self.raw)
        return tf.linalg.solve(tf.eye(3) + skew, tf.eye(3) - skew)

    matrix = functools.cached_property(_matrix)

    def call(self, x):
        return tf.matmul(x, self.matrix)


def make_model():
    return Cayley()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
