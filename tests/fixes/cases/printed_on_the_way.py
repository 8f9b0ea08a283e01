"""A helper prints what it is given, which the property would do in every call."""

# fix: unsafe

import tensorflow as tf


def told(value, what):
    print("made", what)
    return value


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.factor = told(tf.exp(self.raw), "factor")

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
