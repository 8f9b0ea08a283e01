"""What a script computes from a weight is computed from noise as well, which must not be drawn in each call."""

# fix: none

import tensorflow as tf

raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
scale = tf.nn.softplus(raw) + tf.random.normal([3])


class Script(tf.Module):
    def __init__(self):
        super().__init__()
        self.variable = raw

    def __call__(self, x):
        return x * scale


for step in range(2):
    model = Script()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(tf.ones([4, 3])))
    gradient = tape.gradient(loss, raw)


def make_model():
    return Script()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
