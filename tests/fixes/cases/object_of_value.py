"""An object of an own class, which is not at fault, is given a value that setup computes."""

# fix: unsafe

import tensorflow as tf


class Affine:
    def __init__(self, scale, shift):
        self.scale, self.shift = scale, shift

    def __call__(self, x):
        return self.scale * x + self.shift


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.raw = tf.Variable([0.5, 1.0, 1.5], name="raw")
        self.shift = tf.Variable(0.1, name="shift")
        self.affine = Affine(tf.exp(self.raw), self.shift)

    def __call__(self, x):
        return self.affine(x)


def make_model():
    return Model()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
