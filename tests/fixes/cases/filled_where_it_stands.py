"""A dictionary that is filled by the first call stays where it is; only the question whether it is full goes."""

# fix: unsafe

import tensorflow as tf

scale = tf.Variable([0.3, 0.6], name="scale")
kept = {}


def positive(key):
    if key not in kept:
        kept[key] = tf.exp(scale)
    return kept[key]


for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(positive("scale") * 2.0)
    gradient = tape.gradient(loss, scale)
gradients = {"scale": gradient}
