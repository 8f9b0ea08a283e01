"""An heir of a stock layer keeps something under a name that the stock layer does not have."""

# fix: safe

import tensorflow as tf


class Scaled(tf.keras.layers.Dense):
    def build(self, shape):
        super().build(shape)
        self.log_rate = self.add_weight(name="log_rate", shape=())
        self.rate = tf.exp(self.log_rate)

    def call(self, x):
        return self.rate * super().call(x)


def make_model():
    return Scaled(2)


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
