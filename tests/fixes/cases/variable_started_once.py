"""Variables whose start must not be computed twice: it is drawn, or made by a function of the program."""

# fix on Keras 2: none
# fix on Keras 3: unsafe

import numpy as np
import tensorflow as tf


def xavier(rows, columns):
    bound = 1.0 / np.sqrt(rows)
    return np.random.uniform(-bound, bound, [rows, columns])


class Doubles(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.b = tf.Variable(np.random.rand(2).astype("float32"), name="b")
        self.v = tf.Variable(xavier(2, 2), dtype=tf.float32)

    def call(self, x):
        return tf.matmul(x, self.v) + self.b


def make_model():
    np.random.seed(0)
    return Doubles()


def inputs():
    return tf.random.stateless_normal([4, 2], seed=(1, 2))
