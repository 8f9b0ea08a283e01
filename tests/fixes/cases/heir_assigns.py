"""A subclass assigns the attribute, which a property would not allow."""

# fix: none

import tensorflow as tf


class Base(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.value = tf.exp(self.loc)

    def call(self, x):
        return x * self.value


class Density(Base):
    def reset(self):
        self.value = tf.zeros([3])


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
