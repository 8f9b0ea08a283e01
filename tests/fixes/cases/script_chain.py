"""What a script computes in two steps is used by a function in one line, and printed as well."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
scale = tf.nn.softplus(raw)
# a comment that goes along
density = tfd.Normal(0.0, scale)


def log_prob(values): return density.log_prob(values)


class Script(tf.Module):
    def __init__(self):
        super().__init__()
        self.variable = raw

    def __call__(self, values):
        return log_prob(values)


def report():
    print(raw)


print("start", scale)
with tf.GradientTape() as tape:
    loss = -tf.reduce_mean(log_prob(tf.ones([4, 3])))
gradient = tape.gradient(loss, raw)


def make_model():
    return Script()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
