"""Locals that move are deleted where they stood, beside one that stays."""

# fix: safe

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        low = tf.exp(self.raw)
        high = 2.0 * low
        self.width = high - low
        del low, high
        rank = len(shape)
        self.rank = rank
        del rank

    def call(self, x):
        return x * self.width


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
