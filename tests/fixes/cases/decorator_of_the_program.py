"""A decorator of the program's own keeps what a method returned."""

# fix: unsafe

import functools

import tensorflow as tf


def once(method):
    attribute = "_kept_" + method.__name__

    @functools.wraps(method)
    def wrapper(self):
        if not hasattr(self, attribute):
            setattr(self, attribute, method(self))
        return getattr(self, attribute)

    return wrapper


class Laplacian(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.logits = self.add_weight(name="logits", shape=[3, 3], initializer="random_normal")

    @once
    def matrix(self):
        adjacent = tf.sigmoid(self.logits)
        return tf.linalg.diag(tf.reduce_sum(adjacent, axis=1)) - adjacent

    def call(self, x):
        return tf.matmul(x, self.matrix())


def make_model():
    return Laplacian()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
