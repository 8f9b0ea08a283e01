"""Whatever block it is, `init_scope` among others, a tensor within it does not help."""

# fix: none

import tensorflow as tf


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0, 3.0], name="w")

    def __call__(self, x):
        with tf.name_scope("scale") if x is None else tf.init_scope():
            scale = tf.exp(self.w).numpy()
        return x * scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
