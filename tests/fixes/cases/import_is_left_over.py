"""An import that only the cache needed goes with it; one that was never read stays."""

# fix: safe

# the decorator
import functools
import math

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")

    @functools.cached_property
    def scale(self):
        return tf.exp(self.w)

    def call(self, x):
        return x * self.scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
