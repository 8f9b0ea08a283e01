"""What tells the probe of Keras at work: the variables, layers and losses of a program, and the layers that it calls.

Each hook is a context manager that puts back what it found, also after an exception.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from gradlint.probe.recording.hooks import keras, keras_variable_class, replaced, tensorflow


@contextmanager
def keras_variables(created: Callable[[Any], None], read: Callable[[Any, Any], None]) -> Iterator[None]:
    """Call `created` with every Keras 3 variable that is made, and `read` with (variable, value) at every read.

    While Keras 3 tries a model out in a graph there is no `tf.Variable` in them yet, only a placeholder value.
    """
    owner = keras_variable_class()
    if owner is None or "value" not in vars(owner):
        yield
        return
    original, value = vars(owner)["__init__"], vars(owner)["value"]

    @functools.wraps(original)
    def made(self: Any, *arguments: Any, **keywords: Any) -> None:
        created(self)
        original(self, *arguments, **keywords)

    def get(self: Any) -> Any:
        found = value.fget(self)
        if getattr(self, "_value", None) is None:
            read(self, found)
        return found

    with replaced(owner, {"__init__": made, "value": property(get, value.fset, value.fdel, value.__doc__)}):
        yield


@contextmanager
def modules_created(observer: Callable[[Any], None]) -> Iterator[None]:
    """Call `observer` with every `tf.Module` while it is made: distributions, bijectors, operators, and layers too."""
    owners = (tensorflow().Module, keras().layers.Layer)

    def observed(original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def made(self: Any, *arguments: Any, **keywords: Any) -> None:
            original(self, *arguments, **keywords)
            observer(self)

        made.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]  # Keras 3 makes a config of it
        return made

    with ExitStack() as stack:
        for owner in owners:
            stack.enter_context(replaced(owner, {"__init__": observed(vars(owner)["__init__"])}))
        yield


@contextmanager
def losses_added(observer: Callable[[Any], None]) -> Iterator[None]:
    """Call `observer` with what every `add_loss` is given."""
    layer_class = keras().layers.Layer
    owner = next((each for each in layer_class.__mro__ if "add_loss" in vars(each)), None)
    if owner is None:
        yield
        return
    original = vars(owner)["add_loss"]

    @functools.wraps(original)
    def added(self: Any, *arguments: Any, **keywords: Any) -> Any:
        observer(arguments)
        return original(self, *arguments, **keywords)

    with replaced(owner, {"add_loss": added}):
        yield


@contextmanager
def layers_called(observer: Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]) -> Iterator[None]:
    """Call `observer` with (layer, arguments, keywords, result) after every call of a Keras layer."""
    layer_class = keras().layers.Layer
    owner = next(each for each in layer_class.__mro__ if "__call__" in vars(each))
    original = vars(owner)["__call__"]

    @functools.wraps(original)
    def called(self: Any, *arguments: Any, **keywords: Any) -> Any:
        result = original(self, *arguments, **keywords)
        observer(self, arguments, keywords, result)
        return result

    with replaced(owner, {"__call__": called}):
        yield


@contextmanager
def built_by_calls() -> Iterator[None]:
    """Let Keras 3 build the layers of a subclassed model when it calls them, instead of in a graph beforehand."""
    module = sys.modules.get("keras.src.layers.layer")
    if module is None or "might_have_unbuilt_state" not in vars(module):
        yield
        return
    with replaced(module, {"might_have_unbuilt_state": lambda layer: False}):
        yield
