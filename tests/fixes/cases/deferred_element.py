"""A subclass assigns the attribute: it can be no property, but an element of the weight can be deferred."""

# fix: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Base(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[3], initializer="ones")
        self.distribution = tfd.Normal(0.5, (2.0 * tf.square(self.loc))[1])

    def call(self, x):
        return self.distribution.log_prob(x)


class Density(Base):
    def reset(self):
        self.distribution = tfd.Normal(0.0, 1.0)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
