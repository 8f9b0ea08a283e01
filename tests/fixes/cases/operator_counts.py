"""The operator counts how often it was called, which the tape's block would do once more."""

# fix: none

import tensorflow as tf


class Rate:
    def __init__(self, start):
        self.raw = tf.Variable(start, name="raw")
        self.used = 0

    def __mul__(self, other):
        self.used += 1
        return tf.exp(self.raw) * other


rate = Rate([0.1, 0.2])
scaled = rate * 2.0
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(scaled * tf.constant([1.0, 3.0]))
gradient = tape.gradient(loss, rate.raw)
gradients = {"raw": gradient}
