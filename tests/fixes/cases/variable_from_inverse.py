"""A variable starts from the inverse of what it is transformed by, and has no name of its own."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def noise():
    return tfd.Normal(0.0, tf.exp(tf.Variable(tf.math.log([1.0, 2.0, 3.0]), name="raw")))


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.noise = noise()

    def __call__(self, x):
        return self.noise.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
