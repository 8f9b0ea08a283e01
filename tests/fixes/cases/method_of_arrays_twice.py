"""The same expression leaves TensorFlow twice."""

# fix: safe

import tensorflow as tf


class Gate(tf.Module):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable([0.5, 2.0, 1.0], name="factor")

    def __call__(self, x):
        return x * self.factor.numpy() + self.factor.numpy() ** 2


def make_model():
    return Gate()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
