"""What `GradientCheck` costs: an epoch of `fit` with it, in epochs without, both in this run.

    TF_USE_LEGACY_KERAS=1 python benchmarks/callback.py

A small convolutional network on images of MNIST's size and number. The epochs alternate, so that a machine that gets
slower does so for both; the train function is traced before the clock starts. Two epochs of the same kind differ by
more than a check costs, so the time from the callback's first line to its last is taken beside.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import gradlint

SAMPLES, BATCH, REPEATS = 60_000, 32, 3


class Timed(gradlint.GradientCheck):
    """Knows how long it looked."""

    seconds = 0.0

    def _look(self, *arguments: object) -> None:
        start = time.perf_counter()
        super()._look(*arguments)
        self.seconds = time.perf_counter() - start


def main() -> None:
    """Print the seconds of both and their ratio."""
    numbers = np.random.default_rng(1)
    images = numbers.random((SAMPLES, 28, 28, 1), dtype=np.float32)
    digits = numbers.integers(0, 10, SAMPLES)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            tf.keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10),
        ]
    )
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])

    def epoch(*callbacks: object) -> float:
        start = time.perf_counter()
        model.fit(images, digits, batch_size=BATCH, epochs=1, verbose=0, callbacks=list(callbacks))
        return time.perf_counter() - start

    epoch(gradlint.GradientCheck())
    checks = [Timed() for _ in range(REPEATS)]
    pairs = [(epoch(), epoch(check)) for check in checks]
    plain = statistics.median(plain for plain, _ in pairs)
    ratio = statistics.median(checked / plain for plain, checked in pairs)
    looked = statistics.median(check.seconds for check in checks)
    print(f"an epoch: {plain:.2f} s; with GradientCheck: {ratio:.3f} of it")
    print(f"the check itself: {looked:.2f} s = {1 + looked / plain:.3f}")


if __name__ == "__main__":
    main()
