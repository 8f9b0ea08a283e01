"""Which variables an object lists in its `trainable_variables`, by dialect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradlint.run import Dialect
from gradlint.static.askers import trees_that_may_mention
from gradlint.static.handing import asks_for_lists, hands_on_results_of
from gradlint.static.holding import LISTS_OF_WEIGHTS, weights_of
from gradlint.static.hosts import Host, host_of, linear_bases
from gradlint.static.knowledge import starts_among
from gradlint.static.machine import Machine
from gradlint.static.scopes import Scope
from gradlint.static.values import (
    DRAWN_BY_BASE,
    Carrier,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Instance,
    LibraryObject,
    Opaque,
    Reference,
    Symbol,
    Tensor,
    Union,
    Value,
    Variable,
)
from gradlint.static.walking import inside

FUNCTIONAL = "keras.Model"
"""A functional model lists the weights of the layers that it was drawn with."""


@dataclass(frozen=True)
class Lists:
    """The variables that an object lists, and those that it holds `hidden`: in what it does not look into."""

    listed: frozenset[Variable]
    hidden: frozenset[Variable]

    def name(self, variable: Variable) -> bool:
        """Whether a variable is listed; what its layer registers is, wherever that layer is looked into."""
        return variable in self.listed or (variable.registered and variable not in self.hidden)

    def __or__(self, other: Lists) -> Lists:
        return Lists(self.listed | other.listed, self.hidden | other.hidden)


@dataclass
class _Walk:
    """What a walk through an object has come upon: layers that it looked into, and what it `put_by` as hidden."""

    machine: Machine
    listed: set[Variable] = field(default_factory=set)
    hidden: set[Variable] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    put_by: set[int] = field(default_factory=set)
    layers: set[int] = field(default_factory=set)
    is_asked: bool = True
    """Whether anything asks for the list; Keras itself does, of its own."""


def lists_of(machine: Machine, root: Instance, host: Host) -> Lists | None:
    """The variables that `root` lists, or None where its kind does not tell."""
    if host not in (Host.KERAS, Host.MODULE) or any(map(_lists_nothing, linear_bases(root.type))):
        return None
    walk = _Walk(machine, is_asked=host is Host.KERAS or asks_for_lists(root.type.module.tree))
    if _lists_by_itself(root) or not _look_into(walk, root, host is Host.KERAS, ()):
        return None
    walk.listed.update(one for one in walk.hidden if one.layer is not None and id(one.layer) in walk.layers)
    return Lists(frozenset(walk.listed), frozenset(walk.hidden))


def _lists_nothing(base: Value) -> bool:
    """Whether a base has no `trainable_variables`: what its heirs hold is trained by hand, or is not meant to be."""
    return isinstance(base, Symbol) and starts_among("lists_no_variables_prefixes", base.name)


def _lists_by_itself(value: Instance) -> bool:
    """Whether a class says by code of its own what its objects list, or Keras lists what a model was drawn by."""
    if DRAWN_BY_BASE in value.attributes:
        return True
    owned = (base for base in linear_bases(value.type) if isinstance(base, Class))
    return any(not LISTS_OF_WEIGHTS.isdisjoint((*base.properties, *base.members)) for base in owned)


def _look_into(walk: _Walk, value: Value, by_keras: bool, path: tuple[str, ...]) -> bool:
    """Add what is listed through `value`, at the end of a path of attributes; false where it cannot be seen through."""
    if isinstance(value, Reference):
        _name(walk, value, by_keras, path)
        return True
    if id(value) in walk.seen:
        return True
    walk.seen.add(id(value))
    if isinstance(value, Instance):
        return _look_into_instance(walk, value, by_keras, path)
    if isinstance(value, LibraryObject):
        return _look_into_object(walk, value, by_keras, path)
    if isinstance(value, Container):
        if _is_closed_to(walk, value, by_keras):
            return _hide(walk, value, path)
    elif isinstance(value, Carrier):
        if by_keras and walk.machine.dialect is Dialect.KERAS_3:
            return _hide(walk, value, path)
    elif isinstance(value, Function):
        return _hide(walk, value, path)
    elif isinstance(value, Opaque):
        return not value.parts
    elif not isinstance(value, Union):
        return True
    seen_through = [_look_into(walk, part, by_keras, (*path, name)) for name, part in _parts(value)]
    return all(seen_through)


def _name(walk: _Walk, value: Reference, by_keras: bool, path: tuple[str, ...]) -> None:
    """Keras looks for its own variables, and Keras 2 for those of TensorFlow, too; a `tf.Module` for these alone."""
    of_keras_3 = value.variable.flavour is Flavour.KERAS_3
    if by_keras is of_keras_3 or (by_keras and walk.machine.dialect is not Dialect.KERAS_3):
        walk.listed.add(value.variable)
    elif of_keras_3 and walk.is_asked:
        _hide(walk, value, path)


def _is_closed_to(walk: _Walk, value: Container, by_keras: bool) -> bool:
    """A namespace is a plain object, and only Keras 3 looks into a set."""
    if value.type == "set":
        return not (by_keras and walk.machine.dialect is Dialect.KERAS_3)
    return value.type == "namespace"


def _look_into_object(walk: _Walk, value: LibraryObject, by_keras: bool, path: tuple[str, ...]) -> bool:
    """A stock layer or model lists its own weights, and those of the layers that it is given."""
    if not value.name.startswith("keras.") and not starts_among("layer_prefixes", value.name):
        return all(isinstance(part, (Constant, Symbol, Tensor)) for part in value.arguments)
    if not by_keras and walk.is_asked and walk.machine.dialect is Dialect.KERAS_3:
        return _hide(walk, value, path)
    walk.listed.update(one.variable for one in value.weights if one.variable.lazy or value.name == FUNCTIONAL)
    if value.name == FUNCTIONAL:
        return True
    seen_through = [_look_into(walk, part, True, path) for part in value.arguments]
    return all(seen_through)


def _look_into_instance(walk: _Walk, value: Instance, by_keras: bool, path: tuple[str, ...]) -> bool:
    host = host_of(value.type)
    if host in (Host.UNKNOWN, Host.FOREIGN) or DRAWN_BY_BASE in value.attributes:
        return False
    if host is Host.PLAIN:
        return _hide(walk, value, path)
    if any(map(_lists_nothing, linear_bases(value.type))):
        walk.listed.update(reference.variable for reference in weights_of(value))
        return True
    parted = by_keras is not (host is Host.KERAS) and walk.is_asked
    if parted and walk.machine.dialect is Dialect.KERAS_3:
        return _hide(walk, value, path)
    if host is Host.KERAS:
        walk.layers.add(id(value))
    seen_through = [_look_into(walk, part, host is Host.KERAS, (*path, name)) for name, part in _parts(value)]
    return all(seen_through)


def _hide(walk: _Walk, value: Value, path: tuple[str, ...]) -> bool:
    """Note what an object holds in something that it does not look into; true, since nothing of it is listed."""
    if isinstance(value, Reference):
        walk.hidden.add(value.variable)
        value.variable.through |= frozenset(filter(None, path))
    elif id(value) not in walk.put_by and not _is_taken_over(walk, value):
        walk.put_by.add(id(value))
        for name, part in _parts(value):
            if id(part) not in walk.seen:  # as the object itself, of which a closure reads attributes
                _hide(walk, part, (*path, name))
    return True


def _is_taken_over(walk: _Walk, value: Value) -> bool:
    """Whether a model was trained elsewhere, so that it may be kept out of the lists on purpose."""
    return isinstance(value, LibraryObject) and (
        id(value) in walk.machine.restored or starts_among("layers_with_weights_prefixes", value.name)
    )


def _parts(value: Value) -> Iterator[tuple[str, Value]]:
    """What a value holds, with the attributes under which it does."""
    if isinstance(value, Instance):
        yield from value.attributes.items()
    elif isinstance(value, Container):
        yield from (("" if value.type != "namespace" else str(key), part) for key, part in value.pairs())
    elif isinstance(value, Carrier):
        yield from value.members
    elif isinstance(value, LibraryObject):
        yield from (("", part) for part in (*value.arguments, *value.weights))
    elif isinstance(value, Union):
        yield from (("", part) for part in value.alternatives)
    elif isinstance(value, Function):
        yield from (("", part) for part in _captured(value))


def _captured(function: Function) -> Iterator[Value]:
    """What a closure keeps of the functions in which it was defined."""
    names = {node.id for node in inside(function.node) if isinstance(node, ast.Name)}
    scope: Scope | None = function.scope
    while scope is not None and scope is not function.module.scope:
        yield from (value for name, value in scope.names.items() if name in names)
        scope = scope.parent


def lists_weights(machine: Machine, instance: Instance, name: str, result: Value) -> bool:
    """Whether a method only lists weights for whoever trains them: nobody is seen to compute with what it gives."""
    if not isinstance(result, Container) or not weights_of(result) or not all(map(_is_weight, result.values())):
        return False
    trees = trees_that_may_mention(machine, instance.type.module, name)
    return trees is not None and all(hands_on_results_of(tree, name) for tree in trees)


def _is_weight(value: Value) -> bool:
    """Whether an element of a list is a weight, or a weight under its name."""
    if isinstance(value, Container):
        return all(isinstance(one, (Reference, Constant)) for one in value.values())
    return isinstance(value, Reference)
