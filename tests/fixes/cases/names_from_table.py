"""Attributes that get their names from tables of the class and of the module are not the one that is frozen."""

# fix: safe

import tensorflow as tf

MORE = [("gamma", 0.5), ("delta", 2.0)]


class Scaled(tf.keras.layers.Layer):
    starts = {"alpha": "ones", "beta": "zeros"}

    def build(self, shape):
        for name, initializer in type(self).starts.items():
            setattr(self, name, self.add_weight(name=name, shape=(3,), initializer=initializer))
        for name, value in MORE:
            setattr(self, name, value)
        self.scale = tf.exp(self.alpha) + tf.square(self.beta + 1.0)

    def call(self, x):
        return x * self.scale * self.gamma * self.delta


def make_model():
    return Scaled()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
