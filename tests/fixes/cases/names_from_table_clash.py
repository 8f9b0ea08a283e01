"""The name of the frozen attribute is among those that a table lists."""

# fix: none

import tensorflow as tf


class Scaled(tf.keras.layers.Layer):
    starts = {"alpha": "ones", "scale": "zeros"}

    def build(self, shape):
        for name, initializer in self.starts.items():
            setattr(self, name, self.add_weight(name=name, shape=(3,), initializer=initializer))
        self.scale = tf.exp(self.alpha)

    def call(self, x):
        return x * self.scale


def make_model():
    return Scaled()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
