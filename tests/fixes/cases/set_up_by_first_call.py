"""A method sets everything up once, by the first call, which asks for a flag: the property does without the question."""

# fix: safe

import tensorflow as tf


class Linear(tf.Module):
    def __init__(self, units):
        super().__init__()
        self.units = units
        self.initialized = False
        self._initialize(3)

    def _initialize(self, width):
        if not self.initialized:
            self.kernel = tf.Variable(tf.ones([width, self.units]), name="kernel")
            self.gain = tf.Variable(tf.ones([self.units]), name="gain")
            # positive
            self.scale = tf.nn.softplus(self.gain)
            self.initialized = True

    def __call__(self, x):
        self._initialize(x.shape[-1])
        return tf.matmul(x, self.kernel) * self.scale


def make_model():
    return Linear(2)


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
