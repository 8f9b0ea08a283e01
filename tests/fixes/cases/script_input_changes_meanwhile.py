"""What the forward pass was given is bound anew before the tape: behind that it would see another input."""

# fix: none

import tensorflow as tf

rate = tf.Variable(0.4, name="rate")
for batch in [tf.ones([3]), tf.zeros([3])]:
    predicted = rate * batch
    batch = batch * 0.0 + 5.0
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((predicted - batch) ** 2)
    gradients = {"rate": tape.gradient(loss, rate)}
