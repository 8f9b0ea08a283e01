"""Finding and reading the project's other modules; nothing is imported or executed."""

from __future__ import annotations

import ast
import os
import re
import tokenize
import warnings
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from gradlint.sources import lines_of
from gradlint.static.knowledge import own_creators, short_names

TRIGGERS = re.compile(rb"Variable\(|add_weight|add_variable\(|Parameter\(|get_variable\(|GradientTape|gradlint:")

LIBRARIES = frozenset(
    {"tensorflow", "tensorflow_probability", "keras", "tf_keras", "numpy", "scipy", "sonnet", "gpflow", "jax", "torch"}
)
"""Top-level packages that are known by their names, whatever lies in the project."""


PROSE = re.compile(
    rb"#(?![ \t]*gradlint:)[^\n]*"
    rb"|(\"{3}|'{3})(?:\\.|.)*?\1"
    rb"|(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
    re.DOTALL,
)
"""Comments and long strings; short strings are matched too, so that what looks like a comment in them is none."""


def code_of(data: bytes) -> bytes:
    """A file's bytes without comments and long strings."""
    return PROSE.sub(rb"\2", data)


def has_trigger(data: bytes) -> bool:
    """Whether a file's code holds anything that makes it worth parsing: something that creates a weight, or a tape."""
    met = [pattern for pattern in triggers_in(data) if pattern.search(data) is not None]
    if not met:
        return False
    code = code_of(data)
    return any(pattern.search(code) is not None for pattern in met)


def triggers_in(data: bytes) -> tuple[re.Pattern[bytes], ...]:
    """The triggers that count in a file: a stock layer is one beside Keras or TFP's layers only."""
    own = _own_creators()
    always = (TRIGGERS,) if own is None else (TRIGGERS, own)
    return (*always, _layers()) if b"keras" in data or b"tfp.layers" in data else always


@cache
def _own_creators() -> re.Pattern[bytes] | None:
    """What makes weights by the project's own word."""
    names = "|".join(sorted(own_creators()))
    return re.compile(rb"\b(?:" + names.encode() + rb")\b") if names else None


@cache
def _layers() -> re.Pattern[bytes]:
    names = "|".join(sorted(short_names("layers_with_weights")))
    return re.compile(rb"\b(?:(?:" + names.encode() + rb")\(|layers\.(?:" + names.encode() + rb")\b|applications\b)")


@dataclass(frozen=True)
class Parsed:
    """A module's source lines and tree."""

    lines: tuple[str, ...]
    tree: ast.Module


@lru_cache(maxsize=2048)
def parsed(path: str) -> Parsed | None:
    """A file of the project, parsed once a process; None where it cannot be read or is not Python.

    The file's own check says what is wrong with it.
    """
    if os.path.isdir(path):
        return Parsed((), ast.Module([], []))
    try:
        with tokenize.open(path) as file:
            text = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Parsed(tuple(lines_of(text)), ast.parse(text))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(frozen=True)
class ModuleFinder:
    """Finds modules by name below the project's roots, as Python would with these on its path."""

    roots: tuple[str, ...]
    only: str | None = None
    """Of installed packages, the one package that the checked file belongs to."""
    folders: tuple[str, ...] = ()
    """Where the project's own files lie: a root above a package holds what else its user keeps there."""

    def find(self, name: str, level: int, importer: str) -> str | None:
        """The file (or the folder of a namespace package) of an imported module; None where it is not the project's.

        `importer` is the absolute path of the importing file; `level` counts the dots of a relative import.
        """
        if self.only is not None and not level and name.partition(".")[0] != self.only:
            return None
        return _find(self.roots, name, level, os.path.dirname(importer))


@lru_cache(maxsize=8192)
def _find(roots: tuple[str, ...], name: str, level: int, folder: str) -> str | None:
    parts = name.split(".") if name else []
    if level:
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return _module_at(folder, parts)
    if not parts or parts[0] in LIBRARIES:
        return None
    for root in roots:
        found = _module_at(root, parts)
        if found is not None:
            return found
    return None


def _module_at(folder: str, parts: list[str]) -> str | None:
    path = os.path.join(folder, *parts)
    for candidate in (os.path.join(path, "__init__.py"), f"{path}.py"):
        if os.path.isfile(candidate):
            return candidate
    return path if _holds_modules(path) or any(_holds_modules(inner) for inner in _folders_in(path)) else None


def _holds_modules(folder: str) -> bool:
    return os.path.isdir(folder) and any(entry.endswith(".py") for entry in os.listdir(folder))


def _folders_in(folder: str) -> list[str]:
    return [entry.path for entry in os.scandir(folder) if entry.is_dir()] if os.path.isdir(folder) else []


REGISTERS = re.compile(
    rb"^@(?![\w.]*keras_serializable)[\w.]*regist"
    rb"|^class[ \t]+\w+\((?:[^)=]*,)?\s*(?!metaclass)\w+[ \t]*=(?!=)",
    re.MULTILINE,
)
"""What enters a definition in a table: a decorator that says so, a class that gives its base a keyword."""


@lru_cache(maxsize=2048)
def registers(path: str) -> bool:
    """Whether a module may be imported for what it enters in another one's table."""
    try:
        with open(path, "rb") as file:
            return REGISTERS.search(file.read()) is not None
    except OSError:
        return False


def submodule(path: str, name: str) -> str | None:
    """The file of a package's module; `path` is the package's `__init__.py` or the folder of a namespace package."""
    if os.path.basename(path) == "__init__.py":
        return _module_at(os.path.dirname(path), [name])
    return _module_at(path, [name]) if os.path.isdir(path) else None


def _above_package(path: str) -> tuple[str, str | None]:
    """The folder above a file's outermost package, and that package's name."""
    folder, only = os.path.dirname(path), None
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder, only = os.path.dirname(folder), os.path.basename(folder)
    return folder, only


def finder_of(path: str, finder: ModuleFinder) -> ModuleFinder:
    """The finder of another file of the same project, which first looks beside that."""
    folder, _ = _above_package(path)
    return finder if finder.roots[:1] == (folder,) else replace(finder, roots=(folder, *finder.roots))


def finder_for(path: str, project: str | None) -> ModuleFinder:
    """The finder for a file: above its outermost package, then the project's root and its `src`."""
    folder, only = _above_package(path)
    if os.path.basename(folder) in {"site-packages", "dist-packages"}:
        return ModuleFinder((folder,), only or "", (os.path.join(folder, only or ""),))
    roots = [folder]
    for root in (project, os.path.join(project, "src") if project else None):
        if root is not None and root not in roots:
            roots.append(root)
    folders = tuple(root for root in roots if project is None or not project.startswith(root.rstrip(os.sep) + os.sep))
    return ModuleFinder(tuple(roots), None, folders)
