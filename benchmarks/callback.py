"""What `GradientCheck` costs: an epoch of `fit` with it, in epochs without, both in this run.

    TF_USE_LEGACY_KERAS=1 python benchmarks/callback.py

A small convolutional network on images of MNIST's size and number. The epochs alternate, so that a machine that gets
slower does so for both; the train function is traced before the clock starts. It is the processor's clock, since the
wall's also counts what else the machine does.
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


def main() -> None:
    """Print the processor seconds of both and their ratio."""
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
        start = time.process_time()
        model.fit(images, digits, batch_size=BATCH, epochs=1, verbose=0, callbacks=list(callbacks))
        return time.process_time() - start

    epoch(gradlint.GradientCheck())
    pairs = [(epoch(), epoch(gradlint.GradientCheck())) for _ in range(REPEATS)]
    plain, checked = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(checked / plain for plain, checked in pairs)
    print(f"an epoch: {plain:.2f} s; with GradientCheck: {checked:.2f} s = {ratio:.3f}")


if __name__ == "__main__":
    main()
