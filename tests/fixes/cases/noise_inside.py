"""A noise drawn in `build` stays one sample: it is kept, not drawn again."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.value = tf.exp(self.loc) + tf.random.normal([3])

    def call(self, x):
        return x * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
