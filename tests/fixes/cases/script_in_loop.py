"""What a script computes once is read by tapes in a loop, and shown after it."""

# fix: unsafe

import tensorflow as tf

raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
scale = tf.nn.softplus(raw)


class Script(tf.Module):
    def __init__(self):
        super().__init__()
        self.variable = raw

    def __call__(self, x):
        return x * scale


for step in range(2):
    with tf.GradientTape() as tape: loss = tf.reduce_mean(Script()(tf.ones([4, 3])) + scale)
    gradient = tape.gradient(loss, raw)
print(scale)


def make_model():
    return Script()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
