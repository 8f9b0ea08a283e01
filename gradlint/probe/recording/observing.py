"""Tells an observer what happens in the running program, as long as a block runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

from gradlint.probe.recording import hooks, keras_hooks


class Observer(Protocol):
    """Whoever wants to know; a recorder is one."""

    def saw_variable(self, variable: Any) -> None:
        """A `tf.Variable` was made."""

    def saw_keras_variable(self, shown: Any) -> None:
        """A Keras 3 variable is being made."""

    def saw_placeholder_read(self, shown: Any, value: Any) -> None:
        """A Keras 3 variable without a `tf.Variable` in it was read."""

    def saw_returned(self, variable: Any, result: Any) -> None:
        """`assign` returned something."""

    def saw_module(self, module: Any) -> None:
        """A `tf.Module` or layer was made."""

    def saw_leaving(self, source: Any, value: Any) -> Any:
        """A value left TensorFlow; the program gets what this returns."""

    def saw_constant(self, value: Any, tensor: Any) -> None:
        """An array or a number became a constant."""

    def saw_loss(self, losses: Any) -> None:
        """`add_loss` was called."""

    def saw_attribute(self, owner: Any, name: str, before: Any, value: Any) -> None:
        """An attribute that held something was set."""

    def saw_cached(self, output: Any) -> None:
        """A bijector answered from its cache."""

    def saw_operation(
        self, operation: str, inputs: tuple[Any, ...], attributes: tuple[Any, ...], outputs: tuple[Any, ...], graph: Any
    ) -> None:
        """An operation ran, or was put into a graph."""


@contextlib.contextmanager
def observing(observer: Observer, *, values: bool = True, caches: bool = False) -> Iterator[None]:
    """Tell the observer until the block ends.

    Without `values`, NumPy is left alone: modules that are imported meanwhile may keep its functions. `caches`: what
    bijectors answer from their caches, too.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(hooks.variables_created(observer.saw_variable))
        stack.enter_context(keras_hooks.keras_variables(observer.saw_keras_variable, observer.saw_placeholder_read))
        stack.enter_context(hooks.assignments_returned(observer.saw_returned))
        stack.enter_context(keras_hooks.modules_created(observer.saw_module))
        if values:
            stack.enter_context(hooks.values_leaving(observer.saw_leaving))
        stack.enter_context(hooks.constants_made(observer.saw_constant))
        stack.enter_context(keras_hooks.losses_added(observer.saw_loss))
        stack.enter_context(hooks.attributes_set(observer.saw_attribute))
        if caches:
            stack.enter_context(hooks.cache_answers(observer.saw_cached))
        stack.enter_context(hooks.numpy_functions_run(observer.saw_operation))
        stack.enter_context(hooks.operations(observer.saw_operation))
        yield
