"""Attributes whose names are computed, none of which can be the one."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        for name in ("left", "right"):
            setattr(self, name, self.add_weight(name=name, shape=[3], initializer="ones"))
        for i in range(2):
            setattr(self, f"shift_{i}", self.add_weight(name=f"shift_{i}", shape=[3], initializer="zeros"))
        self.scale = tf.exp(self.left + self.right)

    def call(self, x):
        return x * self.scale + self.shift_0 + self.shift_1


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
