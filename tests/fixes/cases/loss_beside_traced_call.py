"""`call` is traced by itself: a loss that it added would be a tensor of its graph, out of everyone's reach."""

# fix on Keras 2: unsafe
# fix on Keras 3: none

import tensorflow as tf


class Penalized(tf.keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")
        self.add_loss(tf.reduce_sum(self.scale**2))

    @tf.function
    def call(self, x):
        return 2.0 * x


def make_model():
    return Penalized()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
