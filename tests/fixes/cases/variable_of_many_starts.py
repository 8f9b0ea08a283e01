"""Variables with every kind of start: numbers of Python, a number for a shape, initializers, functions, a list."""

# fix on Keras 2: none
# fix on Keras 3: unsafe

import tensorflow as tf


class Starts(tf.keras.layers.Layer):
    def __init__(self, size=3, power=2):
        super().__init__()
        drawn = tf.random_normal_initializer(seed=1)
        self.power = tf.Variable(power, dtype=tf.float32, name="group/power")
        self.shift = tf.Variable(0, dtype="float32")
        self.slope = tf.Variable([1, 2, 3], dtype=tf.float32)
        self.offset = tf.Variable(tf.zeros(size), name="offset")
        self.filled = tf.Variable(tf.fill([size], 0.1), trainable=True)
        self.later = tf.Variable(lambda: tf.ones([size]), name="later")
        self.drawn = tf.Variable(initial_value=drawn(shape=(size,), dtype="float32"), name="drawn")
        self.factors = [tf.Variable(tf.ones([]), name=f"factor_{number}") for number in range(2)]

    def call(self, x):
        x = tf.abs(x) ** self.power * self.slope + self.shift
        x = x + self.offset + self.filled + self.later + self.drawn
        return tf.add_n([x * factor for factor in self.factors])


def make_model():
    return Starts()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
