"""Weights are made in a loop, and bijectors from them: those have to exist by then."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class Flow(tf.Module):
    def __init__(self, steps=2):
        super().__init__()
        self.raw = []
        parts = []
        for number in range(steps):
            raw = tf.Variable([0.1, 0.2, 0.3], name=f"raw_{number}")
            self.raw.append(raw)
            parts.append(tfb.Scale(scale=1e-3 + tf.exp(raw)))
            parts.append(tfb.Permute([1, 2, 0]))
        self.chain = tfb.Chain(parts)

    def __call__(self, x):
        return self.chain.forward(tf.identity(x))


def make_model():
    return Flow()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
