"""A bijector is applied to a variable before a constructor gets it."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def correlated():
    raw = tf.Variable([1.0, 0.5, 1.0, 0.2, 0.1, 1.0], name="raw")
    return tfd.MultivariateNormalTriL(tf.zeros([3]), tfp.bijectors.FillScaleTriL().forward(raw))


class Density(tf.Module):
    def __init__(self):
        super().__init__()
        self.distribution = correlated()

    def __call__(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
