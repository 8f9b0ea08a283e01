"""Each round of a loop makes a weight, and a distribution of it: what the rounds made is kept."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Experts(tf.keras.layers.Layer):
    def __init__(self, count=3):
        super().__init__()
        self.log_vars = []
        self.pairs = []
        self.experts = []
        for number in range(count):
            log_var = self.add_weight(name=f"log_var_{number}", shape=[], initializer="ones")
            self.log_vars.append(log_var)
            self.pairs.append((tf.exp(-log_var), 0.5 * log_var))
            if number > 0:
                # the first one is the base
                scale = 1e-3 + tf.exp(log_var)
                self.experts.append(tfd.Normal(float(number), scale))

    def call(self, x):
        total = tf.zeros_like(x)
        for weight, penalty in self.pairs:
            total += weight * x + penalty
        return total + sum(expert.log_prob(x) for expert in self.experts)


def make_model():
    return Experts()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
