"""A loop over a number that the constructor was given fills a list."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Bank(tf.Module):
    def __init__(self, size=3):
        super().__init__()
        self.loc = tf.Variable(tf.ones([size]), name="loc")
        self.parts = []
        for number in range(size):
            self.parts.append(tfd.Normal(self.loc[number], 1.0))

    def __call__(self, x):
        return sum(part.log_prob(x) for part in self.parts)


def make_model():
    return Bank()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
