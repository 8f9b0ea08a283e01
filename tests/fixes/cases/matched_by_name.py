"""A distribution is chosen by `match`, with what the patterns bind."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Matched(tf.Module):
    def __init__(self, family="laplace", power=("power", 2)):
        super().__init__()
        self.raw = tf.Variable([0.1, 0.2], name="raw")
        self.family = family
        self.power = power
        match power:
            case (_, size):
                pass
        self.bent = self.raw**size
        scale = tf.exp(self.raw)
        match family:
            case "normal":
                self.dist = tfd.Normal(0.0, scale)
            case "laplace" | "double-exponential":
                # the heavier tails
                self.dist = tfd.Laplace(0.0, scale)
            case _:
                raise ValueError(family)
        match self.power:
            case (_, exponent):
                self.risen = self.raw**exponent
            case _:
                self.risen = self.raw * 1.0

    def __call__(self, x):
        return self.dist.log_prob(x) + self.risen + self.bent


def make_model():
    return Matched()


def inputs():
    return tf.constant([0.1, 0.5])
