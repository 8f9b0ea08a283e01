"""A descriptor of the program's own keeps what a method returned, in the place of the method."""

# fix: unsafe

import tensorflow as tf


class reify:
    def __init__(self, wrapped):
        self.wrapped = wrapped

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


class Ball(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.raw = self.add_weight(name="raw", shape=[], initializer="zeros")

    @reify
    def radius(self):
        return tf.sqrt(tf.nn.softplus(self.raw))

    def call(self, x):
        return tf.tanh(self.radius * x) / self.radius


def make_model():
    return Ball()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
