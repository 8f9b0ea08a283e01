"""An optimizer makes a variable of its own of the number that it is given."""

# fix: none

import tensorflow as tf

weight = tf.Variable([1.0, 2.0], name="weight")
rate = tf.Variable(0.1, name="rate")
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        inside = tf.reduce_sum(weight**2)
    optimizer = tf.keras.optimizers.SGD(float(rate))
    loss = tf.reduce_sum(weight - optimizer.learning_rate * inner.gradient(inside, weight))
gradients = dict(zip(["weight", "rate"], outer.gradient(loss, [weight, rate]), strict=True))
