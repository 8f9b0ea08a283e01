"""A local function with its arguments draws: what it drew once is kept."""

# fix: safe

import functools

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.factor = functools.partial(tf.random.normal, [3])() + tf.exp(self.raw)

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
