"""`[tool.gradlint]`: what a project says about itself, for each file from the nearest file that says it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradlint.errors import UsageError, nearest
from gradlint.run import Dialect
from gradlint.selection import Selection

NAMES = ("gradlint.toml", "pyproject.toml")
"""In one folder the first of them wins."""


@dataclass(frozen=True)
class Config:
    """One config file. Its patterns are relative to `folder`; `exclude` None means the usual excludes."""

    folder: str
    path: str | None = None
    selection: Selection = Selection()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    keras: Dialect | None = None
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The selectors that `per-file-ignores` ignores in an absolute path."""
        from gradlint.gitignore import layer_of

        return tuple(
            selector
            for pattern, selectors in self.per_file_ignores
            if layer_of(self.folder, [pattern]).verdict(path, False)
            for selector in selectors
        )


@dataclass
class Configs:
    """Finds the config of a folder: the given file, or the nearest one upwards, or none if `isolated`."""

    given: str | None = None
    isolated: bool = False
    _known: dict[str, Config] = field(default_factory=dict)

    def of(self, folder: str) -> Config:
        """The config that holds for the files of an absolute folder.

        Raises:
            UsageError: the config file is missing or wrong.
        """
        if folder not in self._known:
            self._known[folder] = self._find(folder)
        return self._known[folder]

    def _find(self, folder: str) -> Config:
        if self.isolated:
            return Config(folder=os.getcwd())
        if self.given is not None:
            found = read_config(os.path.abspath(self.given), required=True)
            return Config(folder=os.getcwd()) if found is None else found
        for name in NAMES:
            path = os.path.join(folder, name)
            found = read_config(path) if os.path.isfile(path) else None
            if found is not None:
                return found
        parent = os.path.dirname(folder)
        return Config(folder=folder) if parent == folder else self.of(parent)


def read_config(path: str, required: bool = False) -> Config | None:
    """The config that a file holds; None for a `pyproject.toml` without `[tool.gradlint]`.

    Raises:
        UsageError: the file cannot be read, is no TOML, or has a key or value that nobody knows.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    own = os.path.basename(path) != "pyproject.toml"
    if not own and b"gradlint" not in data:
        if required:
            raise UsageError(f"{path}: has no table [tool.gradlint]")
        return None
    table: Any = _table(data, path)
    if not own or "tool" in table:
        tool = table.get("tool", {})
        table = tool.get("gradlint") if isinstance(tool, dict) else None
        if table is None:
            if required:
                raise UsageError(f"{path}: has no table [tool.gradlint]")
            return None
        if not isinstance(table, dict):
            raise UsageError(f"{path}: tool.gradlint must be a table")
    return _config(table, path)


def _table(data: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML: {error}") from None


def _config(table: Mapping[str, Any], path: str) -> Config:
    readers: dict[str, Callable[[str, object, str], Any]] = {
        "select": _codes,
        "extend-select": _codes,
        "ignore": _codes,
        "exclude": _strings,
        "extend-exclude": _strings,
        "keras": _keras,
        "per-file-ignores": _per_file_ignores,
    }
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in readers:
            raise UsageError(f'{path}: gradlint has no setting "{key}"{nearest(key, readers)}')
        values[key] = readers[key](key, value, path)
    return Config(
        folder=os.path.dirname(path),
        path=path,
        selection=Selection(values.get("select"), values.get("extend-select", ()), values.get("ignore", ())),
        exclude=values.get("exclude"),
        extend_exclude=values.get("extend-exclude", ()),
        keras=values.get("keras"),
        per_file_ignores=values.get("per-file-ignores", ()),
    )


def _strings(key: str, value: object, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{path}: "{key}" must be a list of strings, not {value!r}')
    return tuple(value)


def _codes(key: str, value: object, path: str) -> tuple[str, ...]:
    selectors = _strings(key, value, path)
    from gradlint.rules import all_rules
    from gradlint.selection import checked

    return tuple(checked(selector, all_rules(), f'{path}: "{key}"') for selector in selectors)


def _keras(key: str, value: object, path: str) -> Dialect | None:
    known = {"2": Dialect.KERAS_2, "3": Dialect.KERAS_3, "auto": None}
    if isinstance(value, bool) or str(value) not in known:
        raise UsageError(f'{path}: "{key}" must be 2, 3 or "auto", not {value!r}')
    return known[str(value)]


def _per_file_ignores(key: str, value: object, path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise UsageError(f'{path}: "{key}" must be a table of patterns and codes, not {value!r}')
    return tuple((pattern, _codes(f"{key}.{pattern}", codes, path)) for pattern, codes in value.items())
