"""Opens what a tape runs as one piece, so that the pass which looks for causes sees each operation in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from gradlint.probe.recording import hooks, private

FEW_ROWS = 64
"""How many rows of a `tf.vectorized_map` are run one by one, which takes longer by their number."""


@contextmanager
def opened(tape: Any) -> Iterator[None]:
    """Run traced functions, `tf.py_function` and the like as plain Python, and `tape` in every replica."""
    with ExitStack() as stack:
        stack.enter_context(run_plainly())
        stack.enter_context(recomputing_inline())
        stack.enter_context(rows_mapped_inline())
        stack.enter_context(replicas_recorded(tape))
        yield


@contextmanager
def run_plainly() -> Iterator[None]:
    """Run traced functions and `tf.py_function` as plain Python."""
    with functions_run_eagerly(), python_functions_inline():
        yield


@private.hook
@contextmanager
def functions_run_eagerly() -> Iterator[None]:
    """Make `tf.function`s transparent: their own bodies run as plain Python, operation by operation."""
    config = hooks.tensorflow().config
    before = config.functions_run_eagerly()
    autograph = private.module_of("functions_run_eagerly")

    def unconverted(function: Callable[..., Any], arguments: Any, keywords: Any, *_: Any, **__: Any) -> Any:
        target = getattr(function, "__self__", None)
        if target is not None and hasattr(target, "weakrefself_target__"):
            # a decorated method is bound to a stand-in for its object
            return target.call(arguments, keywords or {})
        return function(*arguments, **(keywords or {}))

    config.run_functions_eagerly(True)
    try:
        with hooks.replaced(autograph, {"converted_call": unconverted}):
            yield
    finally:
        config.run_functions_eagerly(before)


@private.hook
@contextmanager
def python_functions_inline() -> Iterator[None]:
    """Run what `tf.py_function` is given right there, where it is one operation to the tape otherwise."""
    script_ops = private.module_of("python_functions_inline")
    original = vars(script_ops)["_internal_py_func"]
    tf = hooks.tensorflow()

    def inline(func: Any, inp: Any, Tout: Any, **keywords: Any) -> Any:  # noqa: N803 - TensorFlow's own name
        several = isinstance(Tout, (list, tuple))
        kinds = list(Tout) if several else [Tout]
        plain = all(not isinstance(each, tf.TypeSpec) for each in kinds) and all(map(_is_dense, inp))
        if not (keywords.get("use_eager_py_func") and plain and tf.executing_eagerly()):
            return original(func, inp, Tout, **keywords)
        made = func(*map(tf.convert_to_tensor, inp))
        if several:
            members = made if isinstance(made, (list, tuple)) else [made]
            return [tf.convert_to_tensor(each, kind) for each, kind in zip(members, kinds, strict=False)]
        return tf.convert_to_tensor(made, Tout)

    with hooks.replaced(script_ops, {"_internal_py_func": inline}):
        yield


def _is_dense(value: Any) -> bool:
    tf = hooks.tensorflow()
    return isinstance(value, tf.Tensor) or not tf.is_tensor(value)


@private.hook
@contextmanager
def recomputing_inline() -> Iterator[None]:
    """Run what `tf.recompute_grad` is given under the tape, instead of once more when the gradient is asked for."""
    module = private.module_of("recomputing_inline")
    original = vars(module)["_eager_mode_decorator"]

    def plain(function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        if function.__qualname__ == "recompute_grad.<locals>.inner":
            return inspect.getclosurevars(function).nonlocals["f"](*arguments, **keywords)
        return original(function, arguments, keywords)

    with hooks.replaced(module, {"_eager_mode_decorator": plain}):
        yield


@private.hook
@contextmanager
def rows_mapped_inline() -> Iterator[None]:
    """Run what `tf.vectorized_map` is given for one row after the other, where there are few rows."""
    module = private.module_of("rows_mapped_inline")
    original = vars(module)["pfor"]
    tf = hooks.tensorflow()

    def plain(loop_fn: Callable[..., Any], iters: Any, *arguments: Any, **keywords: Any) -> Any:
        mapping = loop_fn.__qualname__ == "vectorized_map.<locals>.loop_fn" and tf.executing_eagerly()
        if not mapping or int(iters) > FEW_ROWS:
            return original(loop_fn, iters, *arguments, **keywords)
        rows = [loop_fn(tf.constant(index)) for index in range(int(iters))]
        if not all(_is_dense(each) for row in rows for each in tf.nest.flatten(row)):
            return original(loop_fn, iters, *arguments, **keywords)
        return tf.nest.map_structure(lambda *members: tf.stack(members), *rows)

    with hooks.replaced(module, {"pfor": plain}):
        yield


@private.hook
@contextmanager
def replicas_recorded(tape: Any) -> Iterator[None]:
    """A strategy runs each replica in a thread of its own, one after the other; a tape belongs to one thread."""
    push, pop = (private.find(f"tensorflow.python.eager.tape:{name}") for name in ("push_tape", "pop_tape"))
    thread = private.module_of("replicas_recorded")._MirroredReplicaThread
    original = vars(thread)["run"]

    def run(self: Any) -> None:
        push(tape._tape)
        try:
            original(self)
        finally:
            pop(tape._tape)

    with hooks.replaced(thread, {"run": run}):
        yield
