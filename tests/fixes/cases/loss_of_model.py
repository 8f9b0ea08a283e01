"""Keras 2 builds a model by calling it in a graph that it throws away, with the losses that `call` adds."""

# fix: unsafe

import tensorflow as tf


class Penalized(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(2, kernel_initializer="ones")

    def build(self, shape):
        self.dense.build(shape)
        self.slack = self.add_weight(name="slack", shape=(), initializer="ones")
        margin = tf.nn.relu(2.0 - self.slack) + 0.1 * self.slack
        # hinge
        self.add_loss(margin)
        super().build(shape)

    def call(self, x): return self.dense(x)


def make_model():
    return Penalized()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
