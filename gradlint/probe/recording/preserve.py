"""Leaves the process as it was found: weights, random state, global settings."""

from __future__ import annotations

import gc
import importlib
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from gradlint.probe.recording import hooks, private

Restore = Callable[[], None]


@contextmanager
def process_preserved() -> Iterator[None]:
    """Put back the random state, the environment and the global settings of Python, NumPy, TensorFlow and Keras."""
    restores = [*_random_state(), *_settings(), _environment(), *_older_objects_spared()]
    try:
        yield
    finally:
        for restore in reversed(restores):
            restore()


def random_state() -> Restore:
    """Remember the random state; the returned function puts it back, as often as it is called."""
    restores = _random_state()

    def restore() -> None:
        for each in restores:
            each()

    return restore


def forget_kernels() -> None:
    """Let operations with a seed of their own begin again: their kernels keep count, and are kept themselves.

    TensorFlow throws kernels away when a program seeds it, and only then.
    """
    if not private.lacking("random_state"):
        context = private.find(private.CONTEXT)()
        seed, generator = context._seed, getattr(context, "_rng", None)
        context._set_global_seed(0)
        context._seed, context._rng = seed, generator


def values_of(variables: Iterable[Any]) -> Restore:
    """Remember the values of variables; the returned function puts them back."""
    # Reading shares the buffer until someone assigns, so this copies nothing for weights that stay as they are.
    before = [(variable, variable.read_value()) for variable in variables if _is_initialized(variable)]

    def restore() -> None:
        for variable, value in before:
            variable.assign(value)

    return restore


def _is_initialized(variable: Any) -> bool:
    return bool(variable.is_initialized())


def _random_state() -> list[Restore]:
    python = random.getstate()
    restores: list[Restore] = [lambda: random.setstate(python)]
    numpy = importlib.import_module("numpy")
    arrays = numpy.random.get_state()
    restores.append(lambda: numpy.random.set_state(arrays))
    restores.extend(_tensorflow_seeds())
    restores.extend(_keras_seeds())
    return restores


def _tensorflow_seeds() -> list[Restore]:
    if private.lacking("random_state"):
        return []
    context = private.find(private.CONTEXT)()
    seed, generator = context._seed, getattr(context, "_rng", None)
    state = generator.getstate() if generator is not None else None

    def restore_context() -> None:
        changed = context._seed != seed or (generator is not None and generator.getstate() != state)
        context._seed = seed
        context._rng = generator
        if generator is not None:
            generator.setstate(state)
        if changed and seed is not None:
            # A cached kernel counts on from its last number; a program that seeded expects the first one.
            forget_kernels()

    stateful: Any = importlib.import_module("tensorflow.python.ops.stateful_random_ops")
    shared = stateful.global_generator
    numbers = shared.state.read_value() if shared is not None else None

    def restore_generator() -> None:
        stateful.global_generator = shared
        if shared is not None:
            shared.state.assign(numbers)

    return [restore_context, restore_generator]


def _keras_seeds() -> list[Restore]:
    restores: list[Restore] = []
    for name in ("tf_keras.src.backend", "keras.src.backend"):
        holder = getattr(sys.modules.get(name), "_SEED_GENERATOR", None)
        generator = getattr(holder, "generator", None)
        if generator is not None:
            state = generator.getstate()
            restores.append(lambda generator=generator, state=state: generator.setstate(state))  # type: ignore[misc]
    shared = sys.modules.get("keras.src.backend.common.global_state")
    if shared is not None:
        generator = shared.get_global_attribute("global_seed_generator")
        if generator is not None:
            variable = generator.state.value
            restores.append(values_of([variable]))
        else:
            restores.append(lambda: shared.set_global_attribute("global_seed_generator", None))
    return restores


def _older_objects_spared() -> list[Restore]:
    """Keep garbage collections to what is made from now on: TensorFlow's own objects alone take them 0.2 s each."""
    if gc.get_freeze_count():
        return []  # the program's own are frozen, and there is no way to thaw the others alone
    gc.freeze()
    return [gc.unfreeze]


def _environment() -> Restore:
    before = dict(os.environ)

    def restore() -> None:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})

    return restore


def _settings() -> list[Restore]:
    tf = hooks.tensorflow()
    eager = tf.config.functions_run_eagerly()
    restores: list[Restore] = [lambda: tf.config.run_functions_eagerly(eager)]
    keras = hooks.keras()
    policy = keras.mixed_precision.global_policy() if hasattr(keras.mixed_precision, "global_policy") else None
    if policy is not None:
        restores.append(lambda: keras.mixed_precision.set_global_policy(policy))
    backend = keras.backend
    floats, images = backend.floatx(), backend.image_data_format()
    restores.append(lambda: backend.set_floatx(floats))
    restores.append(lambda: backend.set_image_data_format(images))
    return restores
