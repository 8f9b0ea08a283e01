"""Setup hands its weights to a method, which computes several values on the way to the one that it keeps."""

# fix: unsafe

import tensorflow as tf


class Glow(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.mask = tf.constant([[0.0, 0.0], [1.0, 0.0]])
        self.parts = dict(
            low=self.add_weight(name="low", shape=[2, 2], initializer="random_normal"),
            log_s=self.add_weight(name="log_s", shape=[2], initializer="zeros"),
        )
        self.assemble(**self.parts)

    def assemble(self, low, log_s):
        lower = tf.multiply(low, self.mask) + tf.eye(2)
        upper = tf.transpose(self.mask) + tf.linalg.diag(tf.exp(log_s))
        self.matrix = lower @ upper

    def call(self, x):
        return tf.matmul(x, self.matrix)


def make_model():
    return Glow()


def inputs():
    return tf.random.stateless_normal([4, 2], seed=(1, 2))
