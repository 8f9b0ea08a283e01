"""The layers and modules that an object holds, as Keras and `tf.Module` list them."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.static.hosts import Host, host_of
from gradlint.static.knowledge import starts_among
from gradlint.static.values import Anywhere, Container, Instance, LibraryObject, Opaque, Union, Value

LISTS_OF_LAYERS = frozenset({"layers", "submodules"})


def listed_layers(instance: Instance, name: str) -> Container:
    """What `layers` or `submodules` of an own model or module lists; in no known order where it may hold others."""
    found: list[Value] = []
    known = True
    for value in instance.attributes.values():
        for one in _layers_in(value, name == "submodules", set()):
            if one is None:
                known = False
            elif not any(one is other for other in found):
                found.append(one)
    elements: dict[object, Value] = {number if known else Anywhere(number): one for number, one in enumerate(found)}
    return Container("list", elements)


def _layers_in(value: Value, deep: bool, seen: set[int]) -> Iterator[Value | None]:
    """The layers in what an attribute holds; None for what may be one or hold one."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (Opaque, Union)):
        yield None
    parts: Iterator[Value] = iter(())
    if isinstance(value, Instance) and host_of(value.type) in (Host.KERAS, Host.MODULE):
        yield value
        parts = iter(value.attributes.values()) if deep else parts
    elif isinstance(value, LibraryObject) and starts_among("layer_prefixes", value.name):
        yield value
        parts = iter(value.arguments) if deep else parts
    elif isinstance(value, Container):
        parts = iter(value.values())
    elif isinstance(value, Union):
        parts = iter(value.alternatives)
    for part in parts:
        yield from _layers_in(part, deep, seen)
