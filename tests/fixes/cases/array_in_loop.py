"""An array that left TensorFlow goes round in a loop, into a name that is computed from itself."""

# fix: safe

import tensorflow as tf

log_rate = tf.Variable(-2.0, name="log_rate")
start = tf.constant([1.0, -1.0])


def unrolled(steps=3):
    rate = tf.exp(log_rate).numpy()
    place = start
    for _ in range(steps):
        slope = 2.0 * (place - [0.5, 0.5])
        place = place - rate * slope
    return tf.reduce_sum((place - [0.5, 0.5]) ** 2)


with tf.GradientTape() as tape:
    loss = unrolled()
gradients = {"log_rate": tape.gradient(loss, log_rate)}
