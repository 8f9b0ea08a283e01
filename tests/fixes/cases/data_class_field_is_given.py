"""Somebody gives the field its value, so that it cannot become a property."""

# fix: none

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(eq=False)
class Rates:
    rate: tf.Variable
    scale: object = None

    def __post_init__(self):
        self.scale = tf.exp(self.rate)


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.rate = tf.Variable([1.0, 2.0, 3.0], name="rate")
        self.rates = Rates(self.rate, None)

    def __call__(self, x):
        return x * self.rates.scale


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
