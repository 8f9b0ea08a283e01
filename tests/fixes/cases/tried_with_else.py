"""What setup tried has an `else` of its own, which would run though nothing is tried any more."""

# fix: unsafe

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        try:
            self.factor = tf.debugging.assert_all_finite(tf.math.log(self.raw), "not finite")
        except tf.errors.InvalidArgumentError as error:
            print("no logarithm", error)
            self.factor = tf.zeros([3])
        else:
            print("all is well")

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
