"""What stands in for the models that functions are written for, where nobody is seen to give them one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from gradlint.run import Phase
from gradlint.static import attributes
from gradlint.static.entries import guarded
from gradlint.static.holding import weights_of
from gradlint.static.hosts import Host, host_of, linear_bases
from gradlint.static.knowledge import among, is_of_keras
from gradlint.static.machine import EVERYTHING_UNKNOWN, Arguments, Machine
from gradlint.static.scopes import Frame, Module
from gradlint.static.values import UNKNOWN, Class, Function, Imported, Instance, LibraryObject, Place, Value
from gradlint.static.walking import inside

MODELS = (Host.KERAS, Host.MODULE)
Maker: TypeAlias = Class | Function
"""What makes a model: a class of the project, or a function that needs no arguments."""
CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def makers_for(machine: Machine, function: Function) -> dict[str, Maker]:
    """What makes the models that a function is given, by parameter: where there is only one such thing.

    A parameter says what it is by its annotation, by its name (`vae`, made by `VAE` or `make_vae`), or by what is
    asked of it; a `model` without more is what the only function makes that makes one.
    """
    signature = function.node.args
    parameters = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]
    optional = dict(function.defaults)
    found: dict[str, Maker] = {}
    for parameter in parameters:
        if parameter.arg in optional or parameter.arg in ("self", "cls"):
            continue
        maker = (
            _annotated(machine, function, parameter) if parameter.annotation else _meant(machine, function, parameter)
        )
        if maker is not None:
            found[parameter.arg] = maker
    return found


def model_by(machine: Machine, maker: Maker, place: Place) -> Value:
    """A model as its maker makes it, outside every tape; unknown if it holds no weight."""
    made: list[Value] = []
    executed = set(machine.executed)
    arguments = EVERYTHING_UNKNOWN if isinstance(maker, Class) else Arguments()
    with machine.during(Phase.SCRIPT, frozenset()), machine.calling_functions():
        guarded(lambda: made.append(machine.call(machine, maker, arguments, place)))
    machine.executed = executed
    return made[0] if made and weights_of(made[0]) else UNKNOWN


def arguments_of(function: Function, models: dict[str, Value]) -> Arguments:
    """What a function is called with that gets these models, and of which nothing else is known."""
    signature = function.node.args
    positional = tuple(models.get(one.arg, UNKNOWN) for one in (*signature.posonlyargs, *signature.args))
    keywords = tuple((one.arg, models.get(one.arg, UNKNOWN)) for one in signature.kwonlyargs)
    return Arguments(positional, keywords)


def answers(value: Value, asked: frozenset[str]) -> bool:
    """Whether a model has every attribute that is asked of it."""
    if isinstance(value, Instance):
        return all(_has(value.type, name) or name in value.attributes for name in asked)
    return isinstance(value, LibraryObject) and all(map(is_of_keras, asked))


def asked_of(function: Function, parameter: str) -> frozenset[str]:
    """The attributes that a function reads off a parameter."""
    return frozenset(
        node.attr
        for node in inside(function.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == parameter
    )


def _annotated(machine: Machine, function: Function, parameter: ast.arg) -> Maker | None:
    annotation = parameter.annotation
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        if not annotation.value.isidentifier():
            return None
        annotation = ast.Name(annotation.value, ast.Load())
    if not isinstance(annotation, ast.Name | ast.Attribute):
        return None
    value = machine.evaluate(machine, annotation, Frame(function.module, function.scope))
    return value if isinstance(value, Class) and host_of(value) in MODELS else None


def _meant(machine: Machine, function: Function, parameter: ast.arg) -> Maker | None:
    name, asked = parameter.arg, asked_of(function, parameter.arg)
    if not asked and not _is_called(function, name):
        return None
    words = name.split("_")
    known = _classes(machine, function.module, words)
    classes = [type_ for type_ in known if all(_has(type_, one) for one in asked)]
    factories = list(_factories(machine, function.module))
    by_name: list[Maker] = [made for made in factories if made.name.split("_")[1:] == words]
    by_name = by_name or [type_ for type_ in classes if _words_of(type_.name)[-len(words) :] == words]
    own = [one for one in asked if not is_of_keras(one)]
    generic: list[Maker] = list(factories) if among("names_of_models", name) else []
    for candidates in (by_name, [*classes] if own else [], generic):
        if candidates:
            return candidates[0] if len(candidates) == 1 else None
    return None


def _is_called(function: Function, name: str) -> bool:
    """Whether a function calls a parameter, or hands it on whole."""
    calls_in = [node for node in inside(function.node) if isinstance(node, ast.Call)]
    return any(
        isinstance(one, ast.Name) and one.id == name
        for call in calls_in
        for one in (call.func, *call.args, *(keyword.value for keyword in call.keywords))
    )


def _makes(name: str) -> bool:
    return among("words_of_makers", name.partition("_")[0])


def _factories(machine: Machine, module: Module) -> Iterator[Function]:
    """The functions of a module that make something by their names, and need no arguments."""
    for name in list(module.scope.names):
        value = module.scope.names[name]
        if isinstance(value, Imported) and value.name is not None and _makes(name):
            value = attributes.of_module(machine, module, name)
        if isinstance(value, Function) and not isinstance(value.node, ast.Lambda) and _makes(value.name):
            signature = value.node.args
            needed = {one.arg for one in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)}
            if not needed - {one for one, _ in value.defaults}:
                yield value


def _classes(machine: Machine, module: Module, words: list[str]) -> Iterator[Class]:
    """The classes of models and layers that a module defines or imports; what is not loaded yet, if its name fits."""
    for name in list(module.scope.names):
        value = module.scope.names[name]
        if isinstance(value, Imported) and value.name is not None and name[:1].isupper():
            fits = _words_of(name)[-len(words) :] == words
            value = attributes.of_module(machine, module, name) if fits or value.path in machine.modules else value
        if isinstance(value, Class) and host_of(value) in MODELS:
            yield value


def _words_of(name: str) -> list[str]:
    return CAPITAL.sub("_", name).lower().strip("_").split("_")


def _has(type_: Class, name: str) -> bool:
    return is_of_keras(name) or any(name in _own_names(base) for base in linear_bases(type_) if isinstance(base, Class))


@lru_cache(maxsize=512)
def _own_names(type_: Class) -> frozenset[str]:
    """What a class defines, and what its methods assign."""
    stored = {
        node.attr for node in inside(type_.node) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return frozenset({*type_.members, *type_.properties, *stored})
