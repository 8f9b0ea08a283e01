"""A cache is asked by `get`, and its answer is bound in the question."""

# fix: safe

import tensorflow as tf


class Whiten(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.cached = {}

    def build(self, shape):
        self.lower = self.add_weight(name="lower", shape=(3, 3), initializer="ones")

    def matrix(self):
        if (found := self.cached.get("matrix")) is None:
            found = self.cached["matrix"] = tf.matmul(self.lower, self.lower, transpose_b=True)
        return found

    def call(self, x):
        return tf.matmul(x, self.matrix())


def make_model():
    return Whiten()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
