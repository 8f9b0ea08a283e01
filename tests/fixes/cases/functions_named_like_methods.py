"""`tf.reverse` and `tf.sort` change nothing, though methods of a list by their names do."""

# fix: safe

import tensorflow as tf


class Symmetric(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.half = self.add_weight(name="half", shape=[2], initializer="random_normal")
        self.whole = self.mirrored()

    def mirrored(self):
        parts = []
        for row in range(2):
            parts.append(self.both_ways(self.half[row : row + 1]))
        return tf.concat([tf.sort(self.half), *parts], 0)

    def both_ways(self, part):
        return tf.concat([tf.reverse(part, [0]), part], 0)

    def call(self, x):
        return x * self.whole


def make_model():
    return Symmetric()


def inputs():
    return tf.random.stateless_normal([4, 6], seed=(1, 2))
