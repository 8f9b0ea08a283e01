"""The variable is assigned between the computation and the tape, by itself and by a function: the start would differ."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def load(variables, values):
    for variable, value in zip(variables, values):
        variable.assign(value)


raw = tf.Variable(0.0, name="raw")
log_scale = tf.Variable(0.0, name="log_scale")
prior = tfd.Normal(0.0, tf.exp(log_scale))
posterior = tfd.Normal(0.0, tf.nn.softplus(raw))
log_scale.assign(1.0)
load([raw], [2.0])
with tf.GradientTape() as tape:
    loss = -prior.log_prob(0.3) - posterior.log_prob(0.3)
gradients = dict(zip(["raw", "log_scale"], tape.gradient(loss, [raw, log_scale])))
