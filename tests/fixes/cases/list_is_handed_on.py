"""What holds the list changes it: it must be the same list in every call."""

# fix: unsafe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3], initializer="ones")
        self.parts = [tf.exp(self.w)]

    def extend(self, parts):
        parts.append(2.0)

    def call(self, x):
        self.extend(self.parts)
        return x * self.parts[0] * self.parts[-1]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
