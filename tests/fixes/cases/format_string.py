"""The value needs a name inside a format string, which nothing can replace: it can be no property, but deferred."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, input_shape):
        size = int(input_shape[-1])
        self.loc = self.add_weight(name="loc", shape=[size], initializer="ones")
        self.distribution = tfd.Normal(self.loc[0], 1.0, name=f"d{size}")

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
