"""A local has the attribute's name, and means something else."""

# fix: safe

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        value = 2.0
        self.value = [tf.exp(self.loc) * value]
        self.value.append(self.loc[0] * value)

    def call(self, x):
        return x * self.value[0] * self.value[1]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
