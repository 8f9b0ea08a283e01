"""Programs that lose a gradient in one known line each, marked `# lost`."""

import functools

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions
tfb = tfp.bijectors
Layer = tf.keras.layers.Layer


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))


def positive(value):
    return tf.nn.softplus(value) + 1e-4


class Weighted(Layer):
    """A layer with one weight and one that is always live."""

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(3,), initializer=tf.keras.initializers.Constant(0.7))
        self.live = self.add_weight(name="live", shape=(3,), initializer="ones")
        self.prepare()

    def prepare(self):
        pass

    def call(self, x):
        return self.use(x * self.live)


class Healthy(Weighted):
    def use(self, x):
        return tfd.Normal(self.w[0], 1.0).log_prob(x)


class Indexed(Weighted):
    def prepare(self):
        self.dist = tfd.Normal(self.w[0], 1.0)  # lost

    def use(self, x):
        return self.dist.log_prob(x)


class OverLines(Weighted):
    def prepare(self):
        self.dist = tfd.Normal(
            loc=0.0,
            scale=1e-3
            + tf.nn.softplus(  # lost
                self.w
            ),
        )

    def use(self, x):
        return self.dist.log_prob(x)


class InHelper(Weighted):
    def prepare(self):
        self.dist = tfd.Normal(0.0, positive(self.w))  # lost

    def use(self, x):
        return self.dist.log_prob(x)


class InShift(Weighted):
    def prepare(self):
        self.flow = tfb.Chain([tfb.Shift(tf.exp(self.w)), tfb.Scale(2.0)])  # lost

    def use(self, x):
        return self.flow.forward(x)


class InPartial(Weighted):
    def prepare(self):
        self.make = functools.partial(tfd.Normal, tf.exp(self.w))  # lost

    def use(self, x):
        return self.make(scale=1.0).log_prob(x)


class InClosure(Weighted):
    def prepare(self):
        value = tf.exp(self.w)  # lost
        self.scaled = lambda x: x * value

    def use(self, x):
        return self.scaled(x)


class InDict(Weighted):
    def prepare(self):
        self.kept = {"a": [-self.w]}  # lost

    def use(self, x):
        return x * self.kept["a"][0]


class InDecoratedCall(Weighted):
    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    @tf.function
    def call(self, x):
        return x * self.live * self.kept


class InCompiledCall(Weighted):
    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    @tf.function(jit_compile=True)
    def call(self, x):
        return x * self.live * self.kept


class InDecoratedMethod(Weighted):
    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    @tf.function
    def use(self, x):
        return x * self.kept


class InMadeFunction(Weighted):
    def __init__(self):
        super().__init__()
        self.function = tf.function(self.scaled)

    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    def scaled(self, x):
        return x * self.kept

    def use(self, x):
        return self.function(x)


class Overwritten(Weighted):
    def use(self, x):
        self.w = self.w * 2.0  # lost
        return x * self.w


class OverwrittenInBuild(Weighted):
    def prepare(self):
        self.w = tf.exp(self.w)  # lost

    def use(self, x):
        return x * self.w


class Restored(Weighted):
    def use(self, x):
        kept = self.w
        self.w = kept * 2.0
        result = x * self.w
        self.w = kept
        return result


class OverwrittenModule(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0, 3.0])
        self.live = tf.Variable([1.0, 2.0, 3.0])

    def __call__(self, x):
        self.w = self.w * 2.0  # lost
        return x * self.w * self.live


class Recreated(Layer):
    def call(self, x):
        return x * tf.Variable(tf.ones([3]), name="scale")  # lost


class RecreatedByAddWeight(Weighted):
    def use(self, x):
        scale = self.add_weight(name="scale", shape=(3,), initializer="ones")  # lost
        return x * self.w * scale


def made(name):
    return tf.Variable(tf.ones([3]), name=name)


class SharesItsHelper(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = made("w")

    def __call__(self, x):
        return x * self.w * made("scale")


class MadeByFirstCall(tf.Module):
    w = None

    def __call__(self, x):
        if self.w is None:
            self.w = made("w")
        return x * self.w


class InVariable(Weighted):
    def prepare(self):
        self.start = tf.Variable(self.w * 1.0, trainable=False)  # lost

    def use(self, x):
        return x * self.start


class ThroughNumpy(Weighted):
    def prepare(self):
        self.kept = np.exp(self.w.numpy()) * 2.0 + 1.0  # lost

    def use(self, x):
        return x * self.kept


class ThroughBuffer(Weighted):
    def prepare(self):
        self.dist = tfd.Normal(np.exp(self.w[0]), 1.0)  # lost

    def use(self, x):
        return self.dist.log_prob(x)


class Freezing(Layer):
    def build(self, input_shape):
        self.w = tf.Variable(tf.eye(3), name="w")
        self.dist = tfd.MultivariateNormalFullCovariance(tf.zeros(3), self.w)  # lost

    def call(self, x):
        return self.dist.log_prob(x)


class LossInBuild(Weighted):
    def prepare(self):
        self.add_loss(tf.reduce_sum(self.w**2))  # lost

    def use(self, x):
        return x


class Lazy(Weighted):
    dist = None

    def use(self, x):
        if self.dist is None:
            self.dist = tfd.Normal(tf.exp(self.w), 1.0)  # lost
        return self.dist.log_prob(x)


class CachedProperty(Weighted):
    @functools.cached_property
    def dist(self):
        return tfd.Normal(tf.exp(self.w), 1.0)  # lost

    def use(self, x):
        return self.dist.log_prob(x)


class Leaves(Weighted):
    def use(self, x):
        return x * float(self.w[0])  # lost


class LeavesInNumpy(Weighted):
    def use(self, x):
        scale = tf.exp(self.w)
        return x * tf.constant(np.mean(scale))  # lost


class NumpyFunction(Weighted):
    def use(self, x):
        return x * tf.numpy_function(np.tanh, [tf.exp(self.w)], tf.float32)  # lost


class Rounded(Weighted):
    def use(self, x):
        return x * tf.round(self.w)  # lost


class Sorted(Weighted):
    def use(self, x):
        order = tf.argsort(self.w * 2.0)  # lost
        return x * tf.cast(order, tf.float32)


class InFunction(Weighted):
    @tf.function
    def inner(self, value):
        bent = tf.tanh(value)
        return tf.math.floor(bent) * 2.0  # lost

    def use(self, x):
        return self.inner(x * self.w)


class NoRegisteredGradient(Weighted):
    def use(self, x):
        return x * tf.bitcast(self.w * 2.0, tf.float32)  # lost


class Compared(Weighted):
    def use(self, x):
        return x * tf.cast(x > self.w, tf.float32)  # lost


class Sampled(Weighted):
    def use(self, x):
        return x * tfd.Poisson(tf.nn.softplus(self.w)).sample()  # lost


class Stopped(Weighted):
    def use(self, x):
        scale = tf.stop_gradient(self.w * 2.0)  # lost
        return x * tf.exp(scale)


class Paused(Weighted):
    def use(self, x):
        with tf.init_scope():
            scale = tf.exp(self.w * 1.0)  # lost
        return x * scale


class Assigning(Weighted):
    """What `assign` returns stands for the same variable: this one is not made anew by each call."""

    def use(self, x):
        self.w.assign(self.w * 1.0)
        return x * self.w


class Assigned(Weighted):
    def prepare(self):
        self.state = self.add_weight(name="state", shape=(3,), trainable=False)

    def use(self, x):
        self.state.assign(self.w * 2.0)  # lost
        return x * self.state


class AssignedForNext(Weighted):
    def prepare(self):
        self.state = self.add_weight(name="state", shape=(3,), trainable=False)

    def use(self, x):
        result = x * self.state
        self.state.assign(self.w * 2.0)  # lost
        return result


class FromBijectorCache(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(2.0, name="w")
        self.scale = tfb.Scale(self.w)
        self.points = tf.constant([1.0, 2.0, 3.0])
        self.earlier = self.scale.forward(self.points)

    def __call__(self, x):
        moved = self.scale.forward(self.points)  # lost
        return x * moved


class Unused(Layer):
    def build(self, input_shape):
        self.live = self.add_weight(name="live", shape=(3,), initializer="ones")
        self.w = self.add_weight(name="w", shape=(3,))  # lost

    def call(self, x):
        return x * self.live


class ShapeOnly(Unused):
    def call(self, x):
        return x * self.live * tf.ones_like(self.w)


class PrintedOnly(Unused):
    def build(self, input_shape):
        super().build(input_shape)
        self.shown = str(self.w.numpy().sum())


class ComparedOnly(Unused):
    def call(self, x):
        if self.w[0] > 0.5:
            self.seen = True
        return x * self.live


class Counts(Weighted):
    def use(self, x):
        for _ in range(int(self.w[0] * 3.0)):  # lost
            x = x * 2.0
        return x


class Decides(Weighted):
    def use(self, x):
        if self.w[0] > 0.9:  # lost
            x = x * 2.0
        return x


class ChoosesBranch(Weighted):
    def use(self, x):
        index = tf.argmax(self.w * 1.0, output_type=tf.int32)  # lost
        return tf.switch_case(index, [lambda: x, lambda: x * 2.0, lambda: x * 3.0])


class OverwrittenByMask(Weighted):
    def use(self, x):
        largest = tf.reduce_max(tf.abs(self.w))
        self.w = self.w * tf.cast(tf.abs(self.w) >= largest, tf.float32)  # lost
        return x * self.w


class OverwrittenByName(Weighted):
    def use(self, x):
        upper = tf.nn.relu(self.w)
        self.w = upper * 2.0  # lost
        return x * self.w


class Predicting(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.backbone = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
        self.head = tf.keras.layers.Dense(1)
        self.head.build((None, 2))

    def call(self, x):
        features = self.backbone.predict_on_batch(x)  # lost
        return self.head(tf.convert_to_tensor(features))


def predicting():
    return Predicting()


TABLE = {
    "scale": lambda layer: tf.exp(layer.w),  # lost
}


class Centred(Weighted):
    def prepare(self):
        self.kept = self.w - tf.reduce_max(self.w * 2.0)

    def use(self, x):
        return x * self.kept


class FromTable(Weighted):
    def prepare(self):
        self.kept = {key: function(self) for key, function in TABLE.items()}  # kept

    def use(self, x):
        return x * self.kept["scale"]


class AssignedInCall(Weighted):
    """Keras 2 tries it out in a graph that never runs."""

    def build(self, input_shape):
        self.normed = self.add_weight(name="normed", shape=(3,), trainable=False)
        self.state = self.add_weight(name="state", shape=(), initializer="ones", trainable=False)
        super().build(input_shape)

    def use(self, x):
        value = tf.convert_to_tensor(self.w)
        norm = tf.reduce_sum(value**2) * self.state
        self.state.assign(norm)
        self.normed.assign(value / norm)  # lost
        return x * self.normed


def assigned_in_call():
    return tf.keras.Sequential([tf.keras.Input((3,)), AssignedInCall()])


class Penalized(Weighted):
    """The loss that its call adds is of no use to who asks for another one."""

    def call(self, x):
        self.add_loss(tf.reduce_sum(self.w**2))
        return x * self.live


def penalized():
    return tf.keras.Sequential([tf.keras.Input((3,)), Penalized()])


class WholeInDistribution(Weighted):
    def prepare(self):
        self.dist = tfd.Normal(self.w, 1.0)  # lost

    def use(self, x):
        return self.dist.log_prob(x)


class Untracked(Layer):
    def build(self, input_shape):
        self.live = self.add_weight(name="live", shape=(3,), initializer="ones")
        self.w = tf.Variable(tf.ones([3]), name="w")  # lost

    def call(self, x):
        return x * self.live * self.w


class Child(Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(3,))
        self.kept = tf.exp(self.w)  # lost

    def call(self, x):
        return x * self.kept


class Parent(tf.keras.Model):
    """Keras 3 builds `child` inside a graph: what it keeps is a symbol, and the next call raises."""

    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(3)
        self.child = Child()

    def call(self, x):
        return self.child(self.dense(x))


class ParentOfSeveral(tf.keras.Model):
    """One child of several raises; what the others do is to be told all the same."""

    def __init__(self):
        super().__init__()
        self.rounded = Rounded()
        self.child = Child()

    def call(self, x):
        return self.child(self.rounded(x))


def in_functional_model():
    x = tf.keras.Input((3,))
    return tf.keras.Model(x, Lazy()(tf.keras.layers.Dense(3)(x)))


def called_by_its_factory():
    layer = Lazy()
    layer(inputs())
    return layer


class Parameter(tf.Module):
    """A value behind a transform that operations take for a tensor, as modules of GPflow have it."""

    def __init__(self):
        super().__init__()
        self.raw = tf.Variable([1.0, 2.0, 3.0])


def as_tensor(parameter, dtype=None, name=None, as_ref=False):
    return tf.exp(parameter.raw)


tf.register_tensor_conversion_function(Parameter, as_tensor)


class WithParameter(tf.Module):
    def __init__(self):
        super().__init__()
        self.scale, self.live = Parameter(), Parameter()
        self.rate = 1.0 / tf.convert_to_tensor(self.scale)  # lost

    def __call__(self, x):
        return x * self.rate * tf.convert_to_tensor(self.live)


class Regression(tf.Module):
    """No call, but a loss of a batch."""

    def __init__(self):
        super().__init__()
        self.slope = tf.Variable(2.0)
        self.spare = tf.Variable(1.0)

    def training_loss(self, batch):
        x, y = batch
        return tf.reduce_mean((self.slope * x - y) ** 2)


class PairOfInputs(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0, 3.0])
        self.scale = tfp.util.TransformedVariable(1.0, tfb.Softplus())
        self.dist = tfd.Normal(self.w, self.scale)

    def __call__(self, x, y):
        return self.dist.log_prob(x) + y


def raising():
    raise ValueError("no such thing")


def no_model():
    return 3


def with_inputs():
    return Indexed(), inputs()


def negative_log(model, values):
    return -tf.reduce_mean(model(values))


def no_inputs():
    raise RuntimeError("no data")


class Factors:
    """Lists its weights, and has no base of any framework."""

    def __init__(self):
        self.weights = {"w": tf.Variable([1.0, 2.0, 3.0]), "live": tf.Variable([1.0, 2.0, 3.0])}
        self.kept = {"w": self.weights["w"] / 2.0}  # lost

    @property
    def trainable_variables(self):
        return list(self.weights.values())

    def __call__(self, x, y):
        return x * self.kept["w"] + y * self.weights["live"]


class FactorsByMethod(Factors):
    def trainable_variables(self):
        return list(self.weights.values())


def loss_without_return(model, values):
    model(values)


def loss_of_text(model, values):
    return "loss"


def loss_as_number(model, values):
    return float(tf.reduce_sum(model(values)))  # lost


def loss_by_key(model, values):
    return tf.reduce_mean(model(values)["logits"])


def loss_of_targets(targets):
    return targets


def frozen_model():
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
    model.trainable = False
    return model
