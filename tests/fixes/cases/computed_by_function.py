"""What a function computed before the tape is computed by it in the block, which a loop runs again."""

# fix: safe

import tensorflow as tf

temperature = tf.Variable(1.5, name="temperature")


def scaled():
    return tf.constant([1.0, 3.0]) / temperature


cached = scaled()
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(cached)
    gradient = tape.gradient(loss, temperature)
gradients = {"temperature": gradient}
