"""Variables with a constraint in a layer: Keras 3 tracks no `TransformedVariable`."""

# fix on Keras 2: none
# fix on Keras 3: unsafe

import tensorflow as tf
import tensorflow_probability as tfp

tfd, tfb = tfp.distributions, tfp.bijectors


class Likelihood(tf.keras.layers.Layer):
    def __init__(self, scale=0.7):
        super().__init__()
        self.loc = self.add_weight(name="loc", shape=[2], initializer="zeros")
        self.scale = tfp.util.TransformedVariable(tf.fill([2], scale), tfb.Softplus(), name="scale")
        lower = tfp.util.TransformedVariable(tf.eye(2), bijector=tfb.FillScaleTriL())
        self.prior = tfd.MultivariateNormalTriL(tf.zeros(2), lower)
        self.rate = tfd.Exponential(tfp.util.TransformedVariable(  # how many a second
            1.5,
            # always positive
            tfb.Exp(),
            dtype=tf.float32,
        ))

    def call(self, x):
        likely = tfd.Normal(self.loc + 0.0, self.scale).log_prob(x)
        return tf.reduce_sum(likely, -1) + self.prior.log_prob(x) + self.rate.log_prob(tf.norm(x, axis=-1))


def make_model():
    return Likelihood()


def inputs():
    return tf.random.stateless_normal([4, 2], seed=(1, 2))
