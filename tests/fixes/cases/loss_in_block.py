"""A loss is added under a condition, and by each round of a loop: the whole statement moves into `call`."""

# fix: unsafe

import tensorflow as tf


class Penalized(tf.keras.layers.Layer):
    def __init__(self, factor=0.1):
        super().__init__()
        self.factor = factor

    def build(self, shape):
        self.gate = self.add_weight(name="gate", shape=[3], initializer="ones")
        self.scales = [self.add_weight(name=f"scale_{n}", shape=[3], initializer="ones") for n in range(2)]
        if self.factor:
            # as in the paper
            gate = tf.sigmoid(self.gate)
            self.add_loss(self.factor * tf.reduce_sum(gate))
        for scale in self.scales:
            self.add_loss(0.1 * tf.reduce_sum(scale**2))

    def call(self, x):
        if x.shape.rank == 1:
            return x
        return 2.0 * x


def make_model():
    return Penalized()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
