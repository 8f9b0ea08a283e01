"""Asks the tape through which arguments of a function a gradient comes back, where it does through any.

The calls are those that `functions` asks; each float argument of a call is watched in its turn.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import functions
import numpy as np
import tensorflow as tf

CHOOSES = {"in_test_phase", "in_train_phase", "switch"}
"""What takes one of its arguments and leaves the other, by the value of a third."""


def is_float(value: Any) -> bool:
    """Whether an argument is a float, a tensor of floats, or a list of such."""
    parts = tf.nest.flatten(value)
    return bool(parts) and all(
        isinstance(part, float)
        or (isinstance(part, np.ndarray) and part.dtype.kind == "f")
        or (tf.is_tensor(part) and (part.dtype.is_floating or part.dtype.is_complex))
        for part in parts
    )


def verdict_for(function: Callable[..., Any], given: dict[str, Any], name: str) -> str | None:
    """What the tape says of one argument of a call, or None where it cannot be asked."""
    with tf.GradientTape() as tape:
        watched = tf.nest.map_structure(lambda part: tf.identity(tf.convert_to_tensor(part)), given[name])
        tape.watch(watched)
        loss = functions.loss_of(function(**{**given, name: watched}))
    if not tf.is_tensor(loss):
        return loss
    gradients = tape.gradient(loss, tf.nest.flatten(watched))
    return "none" if all(gradient is None for gradient in gradients) else "gradient"


def calls_of(name: str, function: Callable[..., Any]) -> Iterator[functions.Call]:
    """The calls by which a function was asked."""
    known = functions.known_calls(name)
    if known is not None:
        yield from known
    else:
        yield from functions.generic_calls(function, functions.CONTENT)
        yield from functions.generic_calls(function, functions.COMPLEX)


def arguments_of_calls(name: str, function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """What each call gives to which parameter. What the others have by default may switch something off."""
    signature = inspect.signature(function)
    constants = functions.values_from(
        {name: 0.8 * tf.constant(content, tf.float32) for name, content in functions.CONTENT.items()}
    )
    for call in calls_of(name, function):
        taken: list[inspect.BoundArguments] = []

        def noting(*positional: Any, taken: list[inspect.BoundArguments] = taken, **keywords: Any) -> Any:
            taken.append(signature.bind(*positional, **keywords))
            return function(*positional, **keywords)

        try:
            call(noting, constants, constants)
        except Exception:
            continue
        yield dict(taken[-1].arguments)


def lost_arguments(name: str, function: Callable[..., Any]) -> dict[str, int]:
    """The parameters through which nothing comes back in any call, beside others through which it does."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return {}
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return {}
    found: dict[str, set[str]] = {}
    for given in arguments_of_calls(name, function):
        for parameter in [name for name, value in given.items() if name != "axis" and is_float(value)]:
            try:
                verdict = verdict_for(function, given, parameter)
            except Exception:
                continue
            if verdict is not None:
                found.setdefault(parameter, set()).add(verdict)
    if not any("gradient" in verdicts for verdicts in found.values()):
        return {}
    return {one.name: position for position, one in enumerate(parameters) if found.get(one.name) == {"none"}}


def measure(part: str) -> dict[str, dict[str, int]]:
    """The parameters without a gradient of one part's functions, with their positions."""
    warnings.simplefilter("ignore")
    found: dict[str, dict[str, int]] = {}
    known: dict[int, dict[str, int]] = {}
    for prefix, module in functions.modules(part):
        for name, function in functions.public_functions(prefix, module):
            short = name.rpartition(".")[2]
            is_raw = name.startswith("tf.raw_ops.")
            if short in functions.TAKES_A_TYPE | CHOOSES or (is_raw and functions.registered_verdict(short) != "asked"):
                continue
            lost = known.get(id(function))
            if lost is None:
                lost = known[id(function)] = lost_arguments(name, function)
            if lost:
                found[name] = lost
    return found
