"""Methods and branches whose statements stand behind the colon, and an `else` of which nothing stays."""

# fix: safe

import tensorflow as tf


class Inner(tf.Module):
    def __init__(self, by: float): super().__init__(); self.inner = tf.Variable([1.0, 2.0, 3.0]); self.e = by * tf.exp(self.inner)

    def __call__(self, x): return x * self.e


class Scale(tf.Module):
    def __init__(self, square=True, shifted=True):
        super().__init__()
        self.outer = tf.Variable([0.1, 0.2, 0.3], name="outer")
        if square: self.factor = self.outer**2
        else: self.factor = tf.exp(self.outer)
        if shifted:
            self.raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
            self.shift = tf.tanh(self.raw)
        else:
            self.shift = 0.0
        self.part = Inner(0.5)

    def __call__(self, x): return self.part(x * self.factor) + self.shift


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
