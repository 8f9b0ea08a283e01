"""A subclass assigns the attribute: Keras 2 can keep the weight whole, Keras 3 an element of it that is deferred."""

# fix on Keras 2: unsafe
# fix on Keras 3: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Base(tf.keras.layers.Layer):
    def build(self, shape):
        self.loc = self.add_weight(name="loc", shape=[1], initializer="ones")
        self.distribution = tfd.Normal(0.5, self.loc[0])

    def call(self, x):
        return self.distribution.log_prob(x)


class Density(Base):
    def reset(self):
        self.distribution = tfd.Normal(0.0, 1.0)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
