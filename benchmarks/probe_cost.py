"""What a probe costs: of ResNet50 in eager training steps, and of models with ever more layers in seconds a layer.

    TF_USE_LEGACY_KERAS=1 python benchmarks/probe_cost.py

Every ratio is one of times taken in the same run, the median of a few each. The clock is that of the processor, not the
one on the wall: what else the machine does meanwhile takes no part in it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import gradlint

BATCH, SIZE, CLASSES, REPEATS = 8, 64, 10, 3
DEPTHS = (100, 300, 1000)

layers = tf.keras.layers


class Scaled(layers.Layer):
    """One layer with two weights: healthy, frozen in `build`, cut in `call`, or one of them unused."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def build(self, shape: object) -> None:
        """Make the weights."""
        self.scale = self.add_weight(name="scale", shape=[8], initializer="ones")
        self.shift = self.add_weight(name="shift", shape=[8], initializer="zeros")
        self.kept = tf.exp(self.scale) if self.fault == "frozen" else None

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Scale, shift and bend."""
        if self.fault == "frozen":
            return tf.tanh(x * self.kept + self.shift)
        if self.fault == "cut":
            return tf.tanh(x * tf.round(self.scale) + self.shift)
        if self.fault == "unused":
            return tf.tanh(x * self.scale)
        return tf.tanh(x * self.scale + self.shift)


class Stopped(layers.Layer):
    """Cuts off everything below it."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Give the values, and no gradient."""
        return tf.stop_gradient(x)


def deep(depth: int, fault: str) -> tf.keras.Model:
    """A model of that many layers, one after the other."""
    given = tf.keras.Input([8])
    x = given
    for _ in range(depth):
        x = Scaled(fault)(x)
    if fault == "cut on top":
        x = Stopped()(x)
    return tf.keras.Model(given, layers.Dense(1)(x))


def resnet() -> tf.keras.Model:
    """ResNet50 for small images."""
    return tf.keras.applications.ResNet50(weights=None, input_shape=(SIZE, SIZE, 3), classes=CLASSES)


def cut_resnet() -> tf.keras.Model:
    """The same, cut off below its last layer."""
    whole = resnet()
    return tf.keras.Model(whole.input, whole.layers[-1](Stopped()(whole.layers[-2].output)))


def seconds(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median time of a few runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def of_resnet() -> None:
    """Print what probes of ResNet50 cost in training steps."""
    images = tf.random.stateless_normal([BATCH, SIZE, SIZE, 3], seed=(1, 2))
    model, cut = resnet(), cut_resnet()

    def step() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(images, training=True) ** 2)
        return tape.gradient(loss, model.trainable_variables)

    def trace() -> object:
        return tf.function(lambda values: model(values, training=True)).get_concrete_function(images)

    step()
    gradlint.probe(model, images)
    one, traced, built = seconds(step), seconds(trace), seconds(resnet)
    allowed = 2.5 + traced / one
    rows = {
        "a training step": one,
        "one trace": traced,
        "construction": built,
        "probe of the built model": seconds(lambda: gradlint.probe(model, images)),
        "probe of the function that makes it, beyond construction": seconds(lambda: gradlint.probe(resnet, images))
        - built,
        "probe of the built model, all but two weights cut off": seconds(lambda: gradlint.probe(cut, images)),
    }
    print(f"\n| ResNet50, allowed {allowed:.2f} steps | seconds | steps |\n|---|---|---|")
    for name, taken in rows.items():
        print(f"| {name} | {taken:.2f} | {taken / one:.2f} |")


def of_depth(fault: str) -> None:
    """Print what probes of ever deeper models cost."""
    values = tf.random.stateless_normal([4, 8], seed=(1, 2))
    gradlint.probe(lambda: deep(10, fault), values)
    for depth in DEPTHS:
        taken = seconds(lambda depth=depth: gradlint.probe(lambda: deep(depth, fault), values), 1)
        print(f"| {fault} | {depth} | {taken:.2f} | {1000 * taken / depth:.1f} |", flush=True)


def main() -> None:
    """Print both tables."""
    sys.setrecursionlimit(20_000)
    of_resnet()
    print("\n| each layer is | layers | seconds | milliseconds a layer |\n|---|---|---|---|")
    for fault in ("healthy", "unused", "frozen", "cut", "cut on top"):
        of_depth(fault)


if __name__ == "__main__":
    main()
