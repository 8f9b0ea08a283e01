"""One value is named within the statement that keeps another."""

# fix: safe

import tensorflow as tf


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0, 3.0], name="w")
        self.scale = (total := tf.exp(self.w)) / tf.reduce_sum(total)
        self.total = tf.reduce_sum(total)

    def __call__(self, x):
        return x * self.scale + self.total


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
