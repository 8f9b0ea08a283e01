"""A plain object holds the variable of a layer: on neither Keras does the layer list it."""

# fix: unsafe

import tensorflow as tf


class Settings:
    """What scales."""

    def __init__(self, start=0.5):
        """Make it."""
        # as given
        self.scale = tf.Variable([start, 1.0, 1.5], name="scale")

    def apply(self, x):
        return x * self.scale


class Rescale(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.settings = Settings()

    def call(self, x):
        return self.settings.apply(x)


def make_model():
    return Rescale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
