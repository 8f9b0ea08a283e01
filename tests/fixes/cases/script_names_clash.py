"""The function that uses what a script computed calls something else by a name that the computing needs."""

# fix: none

import tensorflow as tf

raw = tf.Variable([0.1, 0.2, 0.3], name="raw")
factor = tf.constant(2.0)
scale = factor * tf.nn.softplus(raw)


class Script(tf.Module):
    def __init__(self):
        super().__init__()
        self.variable = raw

    def __call__(self, factor):
        return factor * scale


for step in range(2):
    model = Script()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(tf.ones([4, 3])))
    gradient = tape.gradient(loss, raw)


def make_model():
    return Script()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
