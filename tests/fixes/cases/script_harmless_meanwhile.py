"""What stands between the computation and the tape changes no variable of it: it prints, makes objects and data."""

# fix: safe

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def batches(values):
    return [values[:2], values[2:]]


class Log:
    def __init__(self):
        self.lines = []

    def note(self, number):
        self.lines.append(float(number))


raw = tf.Variable(0.0, name="raw")
scale = tf.nn.softplus(raw)
density = tfd.Normal(0.0, scale)
print("raw", raw.numpy())
optimizer = tf.keras.optimizers.SGD(0.5)
log = Log()
data = tf.data.Dataset.from_tensor_slices(np.ones([4], np.float32)).batch(2)
total = tf.Variable(0.0, trainable=False)
for part in batches(tf.ones([4])):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_sum(density.log_prob(part))
    gradients = {"raw": tape.gradient(loss, raw)}
    log.note(loss)
