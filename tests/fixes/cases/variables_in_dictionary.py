"""Variables in a dict are named after their keys."""

# fix on Keras 2: none
# fix on Keras 3: unsafe

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.parts = {
            "factor": tf.Variable([0.5, 1.0, 1.5]),
            "shift": tf.Variable(0.5),
        }

    def call(self, x):
        return x * self.parts["factor"] + self.parts["shift"]


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
