"""A function that the object is given to assigns its variable afterwards."""

# fix: unsafe

import tensorflow as tf


def warm_start(module):
    module.raw.assign([1.0, 2.0, 3.0])


class Scale(tf.Module):
    def __init__(self):
        super().__init__()
        self.raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
        self.factor = tf.exp(self.raw)
        warm_start(self)

    def __call__(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
