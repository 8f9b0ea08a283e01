"""An argument that may be an array of NumPy stands before a weight, and one that is a number by what is said of it."""

# fix on Keras 2: safe
# fix on Keras 3: safe
# fix on Keras 3: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Scaled(tf.keras.layers.Layer):
    def __init__(self, factor, start=0.5, rate: float = 1.0):
        super().__init__()
        self.factor = factor
        self.start = start
        self.rate = rate

    def build(self, input_shape):
        self.width = self.add_weight(name="width", shape=[3], initializer="ones")
        self.place = self.add_weight(name="place", shape=[3], initializer="ones")
        self.height = self.add_weight(name="height", shape=[3], initializer="ones")
        self.wide = tfd.Normal(0.0, self.factor * self.width)
        self.moved = tfd.Normal(self.start + self.place, 1.0)
        self.high = tfd.Normal(0.0, self.rate / self.height)

    def call(self, inputs):
        return self.wide.log_prob(inputs) + self.moved.log_prob(inputs) + self.high.log_prob(inputs)


def make_model():
    return Scaled(2.0)


def inputs():
    return tf.ones([4, 3])
