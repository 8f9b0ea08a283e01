"""An agent acts before the tape, too: what it reads there is meant to be a snapshot."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp


class Agent:
    def __init__(self):
        self.log_std = tf.Variable([0.1, -0.3], name="log_std")
        self.mean = tf.Variable([0.2, 0.4], name="mean")
        self.std = tf.exp(self.log_std)

    def policy(self):
        return tfp.distributions.Normal(self.mean, self.std)


agent = Agent()
action = tf.constant([0.5, 0.1])
before = agent.policy().log_prob(action)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.exp(agent.policy().log_prob(action) - before))
gradients = dict(zip(["mean", "log_std"], tape.gradient(loss, [agent.mean, agent.log_std])))
