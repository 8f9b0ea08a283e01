"""The input and the label are the next ones of one iterator: the turns would change."""

# fix: none

import tensorflow as tf

values = iter([tf.ones([3]), tf.zeros([3])])
rate = tf.Variable(0.4, name="rate")
predicted = rate * next(values)
label = next(values)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum((predicted - label) ** 2)
gradients = {"rate": tape.gradient(loss, rate)}
