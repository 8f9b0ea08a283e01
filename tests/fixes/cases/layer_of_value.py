"""A stock layer is made of the frozen value: a property would make it anew."""

# fix: none

import functools

import tensorflow as tf


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.head = tf.keras.layers.Lambda(functools.partial(tf.add, tf.exp(self.loc)))

    def call(self, x):
        return self.head(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
