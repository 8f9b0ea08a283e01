"""Programs whose weight has a gradient of zeros, or one that is not finite, because of the line marked `# here`."""

import tensorflow as tf
import tensorflow_probability as tfp

from tests.probe.programs import Weighted

tfd = tfp.distributions


class Sign(Weighted):
    def use(self, x):
        return x + tf.sign(self.w)  # here


class DeadRelu(Weighted):
    def use(self, x):
        return x + tf.nn.relu(tf.tanh(self.w) - 5.0)  # here


class Clipped(Weighted):
    def use(self, x):
        return x + tf.clip_by_value(self.w, 1.0, 2.0)  # here


class Limited(Weighted):
    def use(self, x):
        return x + tf.maximum(self.w * 1.5, 3.0)  # here


class SaturatedSigmoid(Weighted):
    def use(self, x):
        return x + tf.sigmoid(self.w * 1000.0)  # here


class OneEntry(Weighted):
    def use(self, x):
        return x + tf.nn.softmax(self.w[:, tf.newaxis])[:, 0]  # here


class CancelledSample(Weighted):
    def use(self, x):
        posterior = tfd.Normal(self.w, 1.0)
        sample = posterior.sample(seed=(1, 2))
        return x + posterior.log_prob(sample)  # here


class CancelledMean(Weighted):
    def use(self, x):
        column = tf.tanh(self.w)[:, tf.newaxis]
        centred = column - tf.reduce_mean(column, axis=1, keepdims=True)  # here
        return x + centred[:, 0]


class CancelledByChance(Weighted):
    """Zero at these values only: both terms have the same size where the weight starts."""

    def use(self, x):
        scale = tf.exp(self.w - 0.7)
        return x - tf.math.log(scale) - 0.5 / tf.square(scale)


class NotTaken(Weighted):
    def use(self, x):
        return x + tf.where(x > 1e9, self.w, 0.0)  # here


class LosesEveryTime(Weighted):
    def use(self, x):
        return x + tf.maximum(self.w, 9.0 + tf.square(x))  # here


class TimesZero(Weighted):
    def use(self, x):
        return x + self.w * tf.zeros([3])  # here


class AtTheMinimum(Weighted):
    """Zero, and no operation is to blame."""

    def use(self, x):
        return x + tf.square(self.w - 0.7)


class Reciprocal(Weighted):
    def use(self, x):
        return x + 1.0 / (self.w - 0.7)  # here


class Logarithm(Weighted):
    def use(self, x):
        return x + tf.math.log(tf.nn.relu(self.w - 3.0))  # here


class Overflow(Weighted):
    def use(self, x):
        large = tf.exp(self.w * 1000.0)  # here
        return x + large / (1.0 + large)


class RootAtZero(Weighted):
    def use(self, x):
        return x + tf.sqrt(self.w * 0.0)  # here


class NormOfNothing(Weighted):
    def use(self, x):
        return x + tf.norm(self.w * tf.zeros([3]))  # here


class PowerInWhere(Weighted):
    def use(self, x):
        base = self.w - 0.7
        power = tf.pow(base, 0.5)  # here
        return x + tf.where(base > 0.0, power, 0.0)


class LogarithmInWhere(Weighted):
    def use(self, x):
        base = self.w - 0.7
        logarithm = tf.math.log(base)  # here
        return x + tf.where(base > 0.0, logarithm, 0.0)


class InfiniteInput(Weighted):
    def use(self, x):
        return x + self.w * tf.constant([1.0, float("inf"), 1.0])  # here


class MaskedAttention(Weighted):
    """An infinity that the program wrote itself does no harm."""

    def use(self, x):
        return x + tf.nn.softmax(tf.where([True, True, False], self.w, -float("inf")))


class BranchNotTaken(Weighted):
    @tf.function
    def use(self, x):
        return tf.switch_case(tf.constant(1), [lambda: x * self.w, lambda: x])  # here


class IfNotTaken(Weighted):
    @tf.function
    def use(self, x):
        if tf.reduce_sum(x) > 1e9:  # here
            x = x * self.w
        return x


class NoTurn(Weighted):
    @tf.function
    def use(self, x):
        while tf.reduce_sum(x) > 1e9:  # here
            x = x / self.w
        return x


class HelperNotCalled(Weighted):
    @tf.function
    def use(self, x):
        return tf.cond(tf.reduce_sum(x) > 1e9, self.scaled, lambda: x)  # here

    def scaled(self):
        return tf.ones([4, 3]) * self.w


class BranchTaken(Weighted):
    @tf.function
    def use(self, x):
        return tf.cond(tf.reduce_sum(x) < 1e9, lambda: x * self.w, lambda: x)
