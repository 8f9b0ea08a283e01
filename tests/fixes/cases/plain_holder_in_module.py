"""A plain object of a `tf.Module` holds the variable: a layer in its place would hide it from the module on Keras 3."""

# fix: unsafe

import tensorflow as tf


class Settings:
    def __init__(self, size):
        self.scale = tf.Variable(tf.ones([size]), name="scale")


class Rescale(tf.Module):
    def __init__(self):
        super().__init__()
        self.settings = Settings(3)
        self.shift = tf.Variable(0.5, name="shift")

    def __call__(self, x):
        return x * self.settings.scale + self.shift


def make_model():
    return Rescale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
