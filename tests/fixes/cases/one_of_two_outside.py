"""A model is asked twice outside the tape: moving one answer under it leaves the other a constant, which may be meant."""

# fix: unsafe

import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="ones")])
model(tf.ones([4, 2]))


def step(x):
    target = model(x + 1.0)
    predicted = model(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((predicted - target) ** 2 + predicted)
    return loss, tape.gradient(loss, model.trainable_variables)


step(tf.ones([4, 2]))
loss, answers = step(tf.ones([4, 2]))
gradients = dict(zip(["kernel", "bias"], answers))
