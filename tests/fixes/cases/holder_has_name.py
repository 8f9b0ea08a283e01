"""A plain object holds the variable of a layer, but assigns what a layer has an own meaning for."""

# fix: none

import tensorflow as tf


class Settings:
    def __init__(self, name="settings"):
        self.name = name
        self.dtype = "float32"
        self.scale = tf.Variable([0.5, 1.0, 1.5], name="scale")


class Rescale(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.settings = Settings()

    def call(self, x):
        return x * self.settings.scale


def make_model():
    return Rescale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
