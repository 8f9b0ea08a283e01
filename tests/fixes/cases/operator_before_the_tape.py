"""An operator of an object reads its variable before the tape records: the statement moves into the block."""

# fix: unsafe

import tensorflow as tf


class Rate:
    def __init__(self, start):
        self.raw = tf.Variable(start, name="raw")

    def __mul__(self, other):
        return tf.exp(self.raw) * other


rate = Rate([0.1, 0.2])
scaled = rate * 2.0
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(scaled * tf.constant([1.0, 3.0]))
gradient = tape.gradient(loss, rate.raw)
gradients = {"raw": gradient}
