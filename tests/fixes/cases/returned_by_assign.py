"""What `assign` returns is kept in the variable's place."""

# fix: unsafe

import tensorflow as tf


class Scaled(tf.keras.layers.Layer):
    def build(self, input_shape):
        scale = self.add_weight(name="scale", shape=[3])
        # the start
        self.scale = scale.assign([0.5, 1.0, 1.5])
        shift = self.add_weight(name="shift", shape=[3])
        # what it begins with
        shift = shift.assign([0.1, 0.2, 0.3])
        self.shift = shift

    def call(self, x):
        return x * self.scale + self.shift


def make_model():
    return Scaled()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
