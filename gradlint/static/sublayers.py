"""The layers and modules that an object holds, as Keras and `tf.Module` list them."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.static.hosts import Host, host_of
from gradlint.static.knowledge import starts_among
from gradlint.static.reading import parts_of
from gradlint.static.values import Anywhere, Container, Instance, LibraryObject, Opaque, Union, Value


def listed_layers(instance: Instance, deep: bool) -> Container:
    """The layers and modules that an own object holds; in no known order where it may hold others.

    `deep` is for those that they hold themselves, too, as `submodules` lists them.
    """
    seen: set[int] = set()
    held = [one for value in instance.attributes.values() for one in _layers_in(value, deep, seen)]
    found = [one for one in held if one is not None]
    known = len(found) == len(held)
    elements: dict[object, Value] = {number if known else Anywhere(number): one for number, one in enumerate(found)}
    return Container("list", elements)


def _layers_in(value: Value, deep: bool, seen: set[int]) -> Iterator[Value | None]:
    """The layers in what an attribute holds, each once; None for what may be one or hold one."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (Opaque, Union)):
        yield None
    if _is_layer(value):
        yield value
    if isinstance(value, (Container, Union)) or (deep and _is_layer(value)):
        for part in parts_of(value):
            yield from _layers_in(part, deep, seen)


def _is_layer(value: Value) -> bool:
    if isinstance(value, Instance):
        return host_of(value.type) in (Host.KERAS, Host.MODULE)
    return isinstance(value, LibraryObject) and starts_among("layer_prefixes", value.name)
