"""Programs that run their operations in graphs, loops, threads and functions with gradients of their own.

Each loses a gradient in its line marked `# lost`, or nowhere.
"""

import numpy as np
import tensorflow as tf

from tests.probe.programs import Layer, Weighted


class Nested(Weighted):
    @tf.function
    def inner(self, value):
        return tf.round(value)  # lost

    @tf.function
    def outer(self, value):
        return self.inner(value * 2.0) + 1.0

    def use(self, x):
        return x * self.outer(self.w)


class TracedBefore(Weighted):
    def __init__(self):
        super().__init__()
        self.traced(tf.ones([3]))

    @tf.function
    def traced(self, value):
        return tf.round(value) * 2.0  # lost

    def use(self, x):
        return x * self.traced(self.w * 1.0)


class Concrete(Weighted):
    """What was traced is one operation to the probe, so it names the call."""

    def __init__(self):
        super().__init__()
        self.traced = tf.function(tf.round).get_concrete_function(tf.TensorSpec([3]))

    def use(self, x):
        return x * self.traced(self.w * 1.0)  # lost


class Cond(Weighted):
    def use(self, x):
        positive = tf.reduce_sum(x) > -1e9
        return x * tf.cond(positive, lambda: tf.round(self.w), lambda: self.w * 1.0)  # lost


class CondInGraph(Weighted):
    @tf.function
    def use(self, x):
        positive = tf.reduce_sum(x) > -1e9
        return x * tf.cond(positive, lambda: tf.round(self.w), lambda: self.w * 1.0)  # lost


class SwitchInGraph(Weighted):
    @tf.function
    def use(self, x):
        return x * tf.switch_case(tf.constant(1), [lambda: tf.tanh(self.w), lambda: tf.round(self.w)])  # lost


class While(Weighted):
    def use(self, x):
        _, product = tf.while_loop(lambda i, _: i < 3, lambda i, a: (i + 1, a * tf.round(self.w)), (0, x))  # lost
        return product


class WhileInGraph(Weighted):
    @tf.function
    def use(self, x):
        _, product = tf.while_loop(lambda i, _: i < 3, lambda i, a: (i + 1, a * tf.round(self.w)), (0, x))  # lost
        return product


class AutographWhile(Weighted):
    @tf.function
    def use(self, x):
        i = 0
        while tf.reduce_sum(x) > -1e9 and i < 3:
            x = x * tf.round(self.w * 1.0)  # lost
            i += 1
        return x


class FrozenInAutograph(Weighted):
    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    @tf.function
    def use(self, x):
        for _ in tf.range(2):
            x = x * self.kept
        return x


class AssignedInAutograph(Weighted):
    def prepare(self):
        self.state = self.add_weight(name="state", shape=(3,), trainable=False)

    @tf.function
    def use(self, x):
        for _ in tf.range(2):
            self.state.assign(self.w * 2.0)  # lost
        return x * self.state


class MapFn(Weighted):
    def use(self, x):
        return tf.map_fn(lambda row: row * tf.stop_gradient(self.w * 2.0), x)  # lost


class Scan(Weighted):
    def use(self, x):
        return tf.scan(lambda total, row: total + row * tf.round(self.w), x, tf.zeros([3]))  # lost


class VectorizedMap(Weighted):
    def use(self, x):
        return tf.vectorized_map(lambda row: row * tf.round(self.w), x)  # lost


class InsideVectorizedMap(Weighted):
    def use(self, x):
        def one(row):
            order = tf.argsort(row * self.w)  # lost
            return tf.gather(row, order)

        return tf.vectorized_map(one, x)


class ManyRows(Weighted):
    def use(self, x):
        return tf.vectorized_map(lambda row: row * tf.round(self.w), tf.tile(x, [20, 1]))  # lost


class FrozenInVectorizedMap(Weighted):
    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    def use(self, x):
        return tf.vectorized_map(lambda row: row * self.kept, x)


@tf.custom_gradient
def without_gradient(value):
    return value * 2.0, lambda _: None


class CustomGradient(Weighted):
    def use(self, x):
        return x * without_gradient(self.w * 1.0)  # lost


class Recomputed(Weighted):
    def use(self, x):
        function = tf.recompute_grad(lambda value: tf.round(value) * 2.0)  # lost
        return x * function(self.w * 1.0)


class PythonFunction(Weighted):
    def use(self, x):
        return x * tf.py_function(lambda value: tf.round(value), [self.w * 1.0], tf.float32)  # lost


class NumpyInPythonFunction(Weighted):
    def use(self, x):
        return x * tf.py_function(lambda value: np.tanh(value.numpy()), [self.w * 1.0], tf.float32)  # lost


class NumberInPythonFunction(Weighted):
    def use(self, x):
        return x * tf.py_function(lambda value: np.exp(-value.numpy() * 2.0), [self.w * 1.0], tf.float32)  # lost


class IfInGraph(Weighted):
    @tf.function
    def use(self, x):
        if tf.reduce_mean(x) > self.w[0]:  # lost
            x = x * 2.0
        return x


class WhileDecides(Weighted):
    @tf.function
    def use(self, x):
        size = tf.constant(1.0)
        while size > self.w[0]:  # lost
            x = x * 0.5
            size = size * 0.5
        return x


class Compiled(Weighted):
    @tf.function(jit_compile=True)
    def use(self, x):
        return x * tf.round(self.w * 1.0)  # lost


class Cell(Weighted):
    state_size = output_size = units = 3

    def call(self, x, states):
        state = tf.tanh(x * self.live + states[0] * self.gate())
        return state, [state]

    def gate(self):
        return tf.tanh(self.w)


class RoundingCell(Layer):
    weight = "model.rnn.cell.w"

    class Cell(Cell):
        def gate(self):
            return tf.round(self.w)  # lost

    def __init__(self, **options):
        super().__init__()
        self.rnn = tf.keras.layers.RNN(self.Cell(), **options)

    def call(self, x):
        return self.rnn(tf.stack([x, x], axis=1))


class UnrolledCell(RoundingCell):
    class Cell(Cell):
        def gate(self):
            return tf.round(self.w)  # lost

    def __init__(self):
        super().__init__(unroll=True)


class StatefulCell(RoundingCell):
    class Cell(Cell):
        def gate(self):
            return tf.math.ceil(self.w)  # lost

    def __init__(self):
        super().__init__(stateful=True)


class HealthyCell(RoundingCell):
    Cell = Cell


def of_mixed_precision(program):
    """A factory of the program under the policy `mixed_float16`."""

    def make():
        policy = tf.keras.mixed_precision.global_policy()
        tf.keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            return program()
        finally:
            tf.keras.mixed_precision.set_global_policy(policy)

    return make


class MixedFrozen(Weighted):
    of = of_mixed_precision

    def prepare(self):
        self.kept = tf.exp(self.w)  # lost

    def use(self, x):
        return x * tf.cast(self.kept, x.dtype)


class MixedRounded(Weighted):
    of = of_mixed_precision

    def use(self, x):
        return x * tf.round(self.w)  # lost


class MixedHealthy(Weighted):
    of = of_mixed_precision

    def use(self, x):
        return x * tf.tanh(self.w)


class Replicated(Weighted):
    """Made for two devices, which have a copy of each weight."""

    def __init__(self):
        super().__init__()
        self.strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        with self.strategy.scope():
            self.build([4, 3])
        self.built = True


class FrozenInReplicas(Replicated):
    def prepare(self):
        self.kept = tf.exp(self.w * 1.0)  # lost

    def use(self, x):
        return x * self.kept


class RoundedInReplicas(Replicated):
    @tf.function
    def use(self, x):
        results = self.strategy.run(lambda value: value * tf.round(self.w), (x,))  # lost
        return self.strategy.reduce("SUM", results, axis=None)


class HealthyReplicas(Replicated):
    @tf.function
    def use(self, x):
        results = self.strategy.run(lambda value: value * tf.tanh(self.w), (x,))
        return self.strategy.reduce("SUM", results, axis=None)


class EagerReplicas(Replicated):
    """The tape of one thread does not see the threads of the replicas."""

    def call(self, x):
        results = self.strategy.run(lambda value: value * tf.tanh(self.w), (x,))  # lost
        return self.strategy.reduce("SUM", results, axis=None) * self.live


class HealthyLoops(Weighted):
    @tf.function
    def looped(self, x):
        for _ in tf.range(2):
            x = x * tf.tanh(self.w * 1.0)
        return x

    def use(self, x):
        mapped = tf.map_fn(lambda row: row * tf.tanh(self.w), self.looped(x))
        return tf.vectorized_map(lambda row: row * tf.tanh(self.w), mapped)


class HealthyFunctions(Weighted):
    @tf.function(jit_compile=True)
    def compiled(self, value):
        return tf.tanh(value)

    def use(self, x):
        recomputed = tf.recompute_grad(tf.tanh)(self.compiled(self.w * 1.0))
        return x * tf.py_function(tf.tanh, [recomputed], tf.float32) * straight_through(self.w * 1.0)


@tf.custom_gradient
def straight_through(value):
    return tf.round(value), lambda upstream: upstream


class HealthySwitch(Weighted):
    @tf.function
    def use(self, x):
        return x * tf.switch_case(tf.constant(1), [lambda: tf.round(self.w), lambda: tf.tanh(self.w)])


class StoppedItselfBelowRounded(Weighted):
    def use(self, x):
        moved = tf.ones([3]) + tf.stop_gradient(self.w)  # lost
        return x * tf.round(moved)


class StoppedAboveRounded(Weighted):
    def stopped(self, value):
        return tf.stop_gradient(value * 2.0)

    def use(self, x):
        return x * self.stopped(tf.round(self.w))


class OneAfterTheOther(Weighted):
    """Whoever mends one of these only finds the next."""

    def prepare(self):
        self.kept = tf.exp(self.w)

    def use(self, x):
        rounded = tf.round(self.w * 1.0)
        stopped = tf.stop_gradient(rounded * 2.0)
        return x * stopped * tf.math.ceil(self.kept * 1.5) * float(self.w[0])
