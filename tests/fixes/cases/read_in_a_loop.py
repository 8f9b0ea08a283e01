"""A property would be computed in every round."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        start = tf.keras.initializers.Identity()
        self.w = self.add_weight(name="w", shape=[3, 3], initializer=start)
        self.chol = tf.linalg.cholesky(tf.matmul(self.w, self.w, transpose_b=True))

    def step(self, x):
        return tf.matmul(x, self.chol)

    def call(self, x):
        for _ in range(4):
            x = self.step(x)
        return x


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
