"""A noise is drawn for each weight in a loop: nothing can stand for them outside it."""

# fix: none

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.first = self.add_weight(name="first", shape=[3], initializer="ones")
        self.second = self.add_weight(name="second", shape=[3], initializer="ones")
        self.values = []
        for weight in (self.first, self.second):
            self.values.append(tf.exp(weight) + tf.random.normal([3]))

    def call(self, x):
        return x * self.values[0] * self.values[1]


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
