"""Import statements: libraries by their canonical names, the project's own modules when they are used."""

from __future__ import annotations

import ast
import os

from gradlint.static.machine import Arguments, Machine
from gradlint.static.modules import LIBRARIES, registers, submodule
from gradlint.static.names import canonical
from gradlint.static.scopes import Frame
from gradlint.static.values import (
    UNKNOWN,
    Constant,
    Imported,
    ModuleValue,
    Place,
    Symbol,
    Value,
)


def _found(machine: Machine, name: str, level: int, frame: Frame) -> str | None:
    if machine.finder is None or not frame.module.path:
        return None
    return machine.finder.find(name, level, frame.module.path)


def import_modules(machine: Machine, node: ast.Import, frame: Frame) -> None:
    """`import a.b as c`."""
    for alias in node.names:
        name = alias.name if alias.asname is not None else alias.name.partition(".")[0]
        path = _found(machine, name, 0, frame)
        value: Value = Symbol(canonical(name)) if path is None else Imported(path, None)
        own = _found(machine, alias.name, 0, frame)
        if own is not None and registers(own):
            machine.load(machine, Imported(own, None))
        machine.write(frame.scope.names, alias.asname or name, value)


def import_named(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """`importlib.import_module("a.b")`, `importlib.import_module(".b", __package__)`."""
    given = arguments.get(0, "name")
    if not isinstance(given, Constant) or not isinstance(given.value, str):
        return UNKNOWN
    base = given.value.lstrip(".")
    level = len(given.value) - len(base)
    path = machine.finder.find(base, level, place.module.path) if machine.finder and place.module.path else None
    if path is not None:
        return machine.load(machine, Imported(path, None))
    return UNKNOWN if level else Symbol(canonical(base))


def is_at_hand(machine: Machine, node: ast.Import | ast.ImportFrom, frame: Frame) -> bool:
    """Whether everything that is imported is of the project, or of a library that is known."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    level = node.level if isinstance(node, ast.ImportFrom) else 0
    return all(name.partition(".")[0] in LIBRARIES or _found(machine, name, level, frame) is not None for name in names)


def import_names(machine: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    """`from a import b as c`."""
    base = node.module or ""
    path = _found(machine, base, node.level, frame)
    for alias in node.names:
        if alias.name == "*":
            _import_everything(machine, path, frame)
            continue
        value: Value = UNKNOWN
        if path is not None:
            value = Imported(path, alias.name)
            own = submodule(path, alias.name)
            if own is not None and os.path.isdir(path):  # a namespace package binds nothing else
                value = Imported(own, None)
            if own is not None and registers(own):
                machine.load(machine, Imported(own, None))
        elif not node.level:
            value = Symbol(canonical(f"{base}.{alias.name}"))
        machine.write(frame.scope.names, alias.asname or alias.name, value)


def _import_everything(machine: Machine, path: str | None, frame: Frame) -> None:
    loaded = None if path is None else machine.load(machine, Imported(path, None))
    if isinstance(loaded, ModuleValue):
        for name, value in loaded.module.scope.names.items():
            if not name.startswith("_"):
                machine.write(frame.scope.names, name, value)
