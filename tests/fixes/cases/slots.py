"""A slot goes with the attribute that becomes a property."""

# fix: unsafe

import tensorflow as tf


class Rates:
    __slots__ = ("rate", "scale")

    def __init__(self, rate):
        self.rate = rate
        self.scale = tf.exp(rate)


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.rate = tf.Variable([1.0, 2.0, 3.0], name="rate")
        self.rates = Rates(self.rate)

    def __call__(self, x):
        return x * self.rates.scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
