"""A block lifts what it computes out of the tape, and that leaves TensorFlow, too: both must go."""

# fix: unsafe

import tensorflow as tf


class Lifted(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")

    def call(self, x):
        with tf.init_scope():
            scale = tf.exp(self.loc).numpy()
        return x * scale


def make_model():
    return Lifted()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
