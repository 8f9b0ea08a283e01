"""A function makes a class of any base: gradlint does not see what that base does with the attribute."""

# fix: unsafe

import tensorflow as tf


def make_scaled(base):
    class Scaled(base):
        def build(self, shape):
            super().build(shape)
            self.log_scale = self.add_weight(name="log_scale", shape=())
            self.scale = tf.exp(self.log_scale)

        def call(self, x):
            return self.scale * super().call(x)

    return Scaled


ScaledDense = make_scaled(tf.keras.layers.Dense)


def make_model():
    return ScaledDense(2)


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
