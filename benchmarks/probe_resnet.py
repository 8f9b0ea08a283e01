"""What a probe of ResNet50 costs, in eager training steps of the same model and batch.

    TF_USE_LEGACY_KERAS=1 python benchmarks/probe_resnet.py

The model is built outside the measured time: a probe calls it twice and takes one gradient.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import gradlint

BATCH, SIZE, CLASSES, REPEATS = 8, 64, 10, 3


def seconds(function: Callable[[], object]) -> float:
    """The median time of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print both times and their ratio."""
    model = tf.keras.applications.ResNet50(weights=None, input_shape=(SIZE, SIZE, 3), classes=CLASSES)
    images = tf.random.stateless_normal([BATCH, SIZE, SIZE, 3], seed=(1, 2))

    def step() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(images, training=True) ** 2)
        return tape.gradient(loss, model.trainable_variables)

    def build_and_probe() -> object:
        return gradlint.probe(
            lambda: tf.keras.applications.ResNet50(weights=None, input_shape=(SIZE, SIZE, 3), classes=CLASSES), images
        )

    step()
    one = seconds(step)
    probed = seconds(lambda: gradlint.probe(model, images))
    built = seconds(lambda: tf.keras.applications.ResNet50(weights=None, input_shape=(SIZE, SIZE, 3), classes=CLASSES))
    both = seconds(build_and_probe)
    print(f"an eager training step: {one:.2f} s; a probe: {probed:.2f} s = {probed / one:.2f} steps")
    beyond = (both - built) / one
    print(f"construction: {built:.2f} s; with a probe: {both:.2f} s = {beyond:.2f} steps beyond it")


if __name__ == "__main__":
    main()
