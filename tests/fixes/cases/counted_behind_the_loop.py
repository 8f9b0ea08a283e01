"""What a loop bound last is read behind it: the property would not know that."""

# fix: none

import tensorflow as tf


class Steps(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.values = []
        for number in range(2):
            step = self.add_weight(name=f"step_{number}", shape=[3], initializer="ones")
            self.values.append(tf.exp(step))
        self.values.append(float(number))

    def call(self, x):
        return x * self.values[0] + self.values[1] * self.values[2]


def make_model():
    return Steps()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
