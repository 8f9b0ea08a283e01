"""A block lifts what it computes out of the tape."""

# fix: unsafe

import tensorflow as tf


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0, 3.0], name="w")

    def __call__(self, x):
        # once
        with tf.init_scope():
            scale = tf.exp(self.w)  # positive
        return x * scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
