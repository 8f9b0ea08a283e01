"""Setup goes on with what a loop and a block have named, though their bodies move into properties."""

# fix: safe

import contextlib

import tensorflow as tf


@contextlib.contextmanager
def scope(name):
    yield name.upper()


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.terms = []
        for number in range(2):
            self.terms.append(tf.exp(self.raw) / (number + 1.0))
        print("made", number + 1, "terms")
        with scope("shift") as tag:
            self.shift = tf.tanh(self.raw)
        self.tag = tag

    def call(self, x):
        return x * tf.add_n(self.terms) + self.shift


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
