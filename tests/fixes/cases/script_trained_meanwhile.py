"""An optimizer takes a step between the computation and the tape, which moves behind it."""

# fix: unsafe

import tensorflow as tf

rate = tf.Variable(0.4, name="rate")
optimizer = tf.keras.optimizers.SGD(0.5)
rates = rate * tf.constant([2.0, 3.0])
optimizer.apply_gradients([(tf.constant(1.0), rate)])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(rates**2)
gradients = {"rate": tape.gradient(loss, rate)}
