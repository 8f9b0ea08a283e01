"""What TensorFlow's own tape says of a program, with nothing of gradlint's probe in between.

A program has `make_model()` and `inputs()`. Its model is called once, and what counts is the second call: a value
that the first call cached still has its gradient there. Both calls get inputs of their own, since a bijector
remembers what it has seen.
"""

from __future__ import annotations

import gc
import os
from typing import Any

LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") in ("1", "True", "true")
DIALECT = "2" if LEGACY else "3"
"""The Keras of this process."""


def run_source(text: str, filename: str) -> dict[str, Any]:
    """The names that a program defines."""
    names: dict[str, Any] = {"__name__": "program", "__file__": filename}
    exec(compile(text, filename, "exec", dont_inherit=True), names)
    return names


def short_name(variable: Any) -> str:
    """`loc` for `density/loc:0`."""
    return str(variable.name).split(":")[0].split("/")[-1]


def total_of(output: Any, model: Any) -> Any:
    """One number of every float output, weighed at random: a plain mean vanishes behind a softmax."""
    import tensorflow as tf

    total = tf.constant(0.0)
    for number, part in enumerate(tf.nest.flatten(output)):
        part = tf.convert_to_tensor(part)
        if part.dtype.is_floating:
            weights = tf.random.stateless_uniform(tf.shape(part), (number, 7), 0.5, 1.5)
            total += tf.reduce_sum(tf.cast(part, tf.float32) * weights)
    return total + tf.add_n([*getattr(model, "losses", ()), 0.0])


def gradients_of(names: dict[str, Any]) -> dict[str, str]:
    """`ok`, `none` or `untracked` for every trainable float variable that the program creates, by its short name."""
    import tensorflow as tf

    created: list[Any] = []

    def remember(next_creator: Any, **arguments: Any) -> Any:
        created.append(next_creator(**arguments))
        return created[-1]

    own = names.get("loss")  # a script may call a number so
    loss = own if callable(own) else lambda model, values: total_of(model(values), model)
    gc.freeze()  # TensorFlow's own objects, which would take the collection longer than all the rest
    try:
        with tf.variable_creator_scope(remember):
            model = names["make_model"]()
            loss(model, names["inputs"]())
        gc.collect()
    finally:
        gc.unfreeze()
    values = names["inputs"]()
    with tf.GradientTape() as tape:
        total = loss(model, values)
    # A Keras 3 weight holds the variable that the tape knows.
    weights = [(variable, getattr(variable, "value", None)) for variable in model.trainable_variables]
    listed = [
        (short_name(weight), inner if tf.is_tensor(inner) or isinstance(inner, tf.Variable) else weight)
        for weight, inner in weights
    ]
    gradients = tape.gradient(total, [variable for _, variable in listed])
    found = {name: "none" if gradient is None else "ok" for (name, _), gradient in zip(listed, gradients, strict=True)}
    known = {id(variable) for _, variable in listed}
    for variable in created:
        if variable.trainable and variable.dtype.is_floating and id(variable) not in known:
            found[short_name(variable)] = "untracked"
    return found


def is_script(text: str) -> bool:
    """Whether a program asks a tape itself, and keeps the answers in `gradients`."""
    return "def make_model(" not in text


def ask(text: str, filename: str) -> dict[str, str]:
    """The statuses of a program in the dialect of this process, or `{"": "error"}` where it does not run."""
    try:
        names = run_source(text, filename)
        if is_script(text):
            return {name: "none" if gradient is None else "ok" for name, gradient in names["gradients"].items()}
        return gradients_of(names)
    except Exception as error:  # whatever the program raises is its answer
        return {"": f"error {type(error).__name__}: {str(error)[:200]}"}
