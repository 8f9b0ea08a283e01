"""Comments go along, and lines that are continued stay so."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, shape):
        # the weight
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")  # one a column

        # the distribution,
        # which is frozen
        self.distribution = tfd.Independent(
            tfd.Normal(
                self.loc[0],  # the first
                1.0,
            ),
            reinterpreted_batch_ndims=0,
        )  # kept
        # the end of build

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
