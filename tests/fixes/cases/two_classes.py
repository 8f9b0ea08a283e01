"""Two classes have attributes of the same names; each is fixed by itself."""

# fix: safe

import tensorflow as tf


class First(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.value = tf.exp(self.loc)

    def call(self, x):
        return x * self.value


class Density(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.first = First()

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=[3], initializer="ones")
        self.value = tf.exp(self.scale)

    def call(self, x):
        return self.first(x) * self.value


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
