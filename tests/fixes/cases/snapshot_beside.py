"""One attribute is a mere copy of the weight: a penalty on the distance from the start would always be zero."""

# fix: unsafe

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.start = tf.identity(self.raw)
        self.factor = tf.tanh(self.raw)

    def call(self, x):
        return x * self.factor + self.start


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
