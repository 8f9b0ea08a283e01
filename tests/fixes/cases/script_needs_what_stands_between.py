"""A statement that moves needs one that stands between it and the statement that it depends on."""

# fix: safe

import tensorflow as tf

rate = tf.Variable(0.4, name="rate")
predicted = rate * tf.constant([2.0, 3.0])
factor = 3.0
scaled = predicted * factor
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(scaled**2)
gradients = {"rate": tape.gradient(loss, rate)}
