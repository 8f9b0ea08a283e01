"""A local bijector computes what is frozen: calling it again does nothing else."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        positive = tfp.bijectors.Softplus()
        self.factor = positive(self.raw)

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
