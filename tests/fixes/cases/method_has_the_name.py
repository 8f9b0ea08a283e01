"""A script's name is also that of a property of a class, which is another name."""

# fix: unsafe

from typing import NamedTuple

import tensorflow as tf


class Parameters(NamedTuple):
    raw: tf.Variable

    @property
    def scale(self):
        return tf.exp(self.raw)


parameters = Parameters(tf.Variable([0.1, 0.2], name="raw"))
scale = parameters.scale
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(scale * tf.constant([1.0, 3.0]))
gradient = tape.gradient(loss, parameters.raw)
gradients = {"raw": gradient}
