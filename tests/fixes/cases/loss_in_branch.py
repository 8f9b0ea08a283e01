"""A loss that setup adds in a branch, of a local from above it."""

# fix: unsafe

import tensorflow as tf


class Penalized(tf.keras.layers.Layer):
    def __init__(self, weight=0.1):
        super().__init__()
        self.weight = weight

    def build(self, input_shape):
        self.rate = self.add_weight(name="rate", shape=[3], initializer="ones")
        self.other = self.add_weight(name="other", shape=[3], initializer="ones")
        size = tf.reduce_sum(tf.square(self.rate))
        if self.weight:
            self.add_loss(self.weight * size)

    def call(self, x):
        return x * self.other


def make_model():
    return Penalized()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
