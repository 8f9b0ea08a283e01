"""What comes of the input's shape is kept, since only `build` is told it."""

# fix: safe

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Density(tf.keras.layers.Layer):
    def build(self, input_shape):
        size = int(input_shape[-1])
        self.scale = self.add_weight(name="scale", shape=[size], initializer="ones")
        self.distribution = tfd.MultivariateNormalDiag(tf.zeros([size]), tf.nn.softplus(self.scale))

    def call(self, x):
        return self.distribution.log_prob(x)


def make_model():
    return Density()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))
