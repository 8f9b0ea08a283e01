"""The loss of a learned dropout rate, computed in several steps from what only `build` knows of the inputs."""

# fix: unsafe

import tensorflow as tf


class Penalized(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.logit = self.add_weight(name="logit", shape=(1,), initializer="ones")
        self.rate = tf.sigmoid(self.logit[0])
        width = input_shape[-1]
        penalty = self.rate * tf.math.log(self.rate)
        penalty += (1.0 - self.rate) * tf.math.log(1.0 - self.rate)
        penalty *= 0.1 * width
        self.add_loss(tf.reduce_sum(penalty))

    def call(self, inputs, training=None):
        return inputs * (1.0 - self.rate)


def make_model():
    return Penalized()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
