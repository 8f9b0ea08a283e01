"""Weights and what they are turned into come from a table; the names of the attributes are computed."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions
PARTS = [("initial", (3,), "softmax"), ("transition", (3, 3), "softmax"), ("rate", (3,), "softplus")]
FUNCTIONS = {"softmax": lambda v: tf.nn.softmax(v), "softplus": lambda v: 1e-3 + tf.math.softplus(v)}


class Regimes(tf.Module):
    def __init__(self):
        super().__init__()
        values = {}
        for seed, (name, shape, function) in enumerate(PARTS):
            raw = tf.Variable(tf.random.stateless_normal(shape, (seed, 0)), name=name)
            setattr(self, name + "_raw", raw)
            values[name] = FUNCTIONS[function](raw)
        initial, steps = tfd.Categorical(probs=values["initial"]), tfd.Categorical(probs=values["transition"])
        self.hidden = tfd.HiddenMarkovModel(initial, steps, tfd.Poisson(values["rate"]), num_steps=6)

    def __call__(self, counts):
        return self.hidden.log_prob(counts)


def make_model():
    return Regimes()


def inputs():
    return tf.constant([1.0, 0.0, 2.0, 5.0, 4.0, 1.0])
