"""`[tool.gradlint]`: what a project says about itself, for each file from the nearest file that says it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from gradlint.errors import UsageError, nearest
from gradlint.files import shown
from gradlint.run import Dialect
from gradlint.selection import Selection
from gradlint.vocabulary import HOSTS, KINDS, LISTS, VARIABLES, OwnCarrier, Vocabulary

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
    vocabulary: Vocabulary = Vocabulary()
    accept: tuple[tuple[str, str], ...] = ()
    """Globs of weights that may go without a gradient in a probe, and why."""

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
        raise UsageError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    own = os.path.basename(path) != "pyproject.toml"
    if not own and b"gradlint" not in data:
        if required:
            raise UsageError(f"{shown(path)}: has no table [tool.gradlint]")
        return None
    table: Any = parsed_toml(data, path)
    header: tuple[str, ...] = ()
    if not own or "tool" in table:
        tool = table.get("tool", {})
        table = tool.get("gradlint") if isinstance(tool, dict) else None
        header = ("tool", "gradlint")
        if table is None:
            if required:
                raise UsageError(f"{shown(path)}: has no table [tool.gradlint]")
            return None
    try:
        return _config(table, path)
    except WrongSettingError as error:
        row = row_of(data.decode(), (*header, *error.keys))
        raise UsageError(f"{shown(path)}:{row}: {error}") from None


def parsed_toml(data: bytes, path: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        UsageError: it is none.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        words, _, where = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", where)
        row = int(found[1]) if found else data.count(b"\n") + 1
        raise UsageError(f"{shown(path)}:{row}: is not TOML: {words}") from None


class WrongSettingError(Exception):
    """A setting that nobody knows or a value that it cannot have; `keys` lead to it."""

    def __init__(self, keys: tuple[str, ...], words: str) -> None:
        super().__init__(words)
        self.keys = keys


def row_of(text: str, keys: Sequence[str]) -> int:
    r"""The row where a TOML text sets what the keys lead to, or the nearest table around it.

    >>> row_of("[tool.gradlint]\nselect = []\nkeras = 4\n", ("tool", "gradlint", "keras"))
    3
    """
    best, deepest = 1, -1
    table: tuple[str, ...] = ()
    for row, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[\[?([^\]]*)\]", line)
        setting = re.match(rf"\s*({KEY.pattern}(?:\s*\.\s*{KEY.pattern})*)\s*=", line)
        if header and not setting:
            table = path = _parts(header[1])
        elif setting:
            path = (*table, *_parts(setting[1]))
        else:
            continue
        # a key stands for what an inline table after it holds as well
        if path == tuple(keys[: len(path)]) and len(path) > deepest:
            best, deepest = row, len(path)
    return best


KEY = re.compile(r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')""")


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in KEY.findall(dotted))


def _config(table: object, path: str) -> Config:
    if not isinstance(table, dict):
        raise WrongSettingError((), f"tool.gradlint must be a table, not {table!r}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in READERS:
            raise WrongSettingError((key,), f'gradlint has no setting "{key}"{nearest(key, READERS)}')
        values[key] = READERS[key]((key,), value)
    return Config(
        folder=os.path.dirname(path),
        path=path,
        selection=Selection(values.get("select"), values.get("extend-select", ()), values.get("ignore", ())),
        exclude=values.get("exclude"),
        extend_exclude=values.get("extend-exclude", ()),
        keras=values.get("keras"),
        per_file_ignores=values.get("per-file-ignores", ()),
        vocabulary=values.get("vocabulary", Vocabulary()),
        accept=values.get("accept", ()),
    )


Keys = tuple[str, ...]


def _strings(keys: Keys, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise WrongSettingError(keys, f'"{".".join(keys)}" must be a list of strings, not {value!r}')
    return tuple(value)


def _codes(keys: Keys, value: object) -> tuple[str, ...]:
    selectors = _strings(keys, value)
    from gradlint.rules import all_rules
    from gradlint.selection import checked

    try:
        return tuple(checked(selector, all_rules(), f'"{".".join(keys)}"') for selector in selectors)
    except UsageError as error:
        raise WrongSettingError(keys, str(error)) from None


def _keras(keys: Keys, value: object) -> Dialect | None:
    known = {"2": Dialect.KERAS_2, "3": Dialect.KERAS_3, "auto": None}
    if isinstance(value, bool) or str(value) not in known:
        raise WrongSettingError(keys, f'"{".".join(keys)}" must be 2, 3 or "auto", not {value!r}')
    return known[str(value)]


def _per_file_ignores(keys: Keys, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = _table(keys, value, "patterns and codes")
    return tuple((pattern, _codes((*keys, pattern), codes)) for pattern, codes in table.items())


def _accept(keys: Keys, value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        for pattern, reason in value.items():
            if not isinstance(reason, str):
                words = f'"{".".join((*keys, pattern))}" must be a reason in words, not {reason!r}'
                raise WrongSettingError((*keys, pattern), words)
        return tuple(value.items())
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        words = f'"{".".join(keys)}" must be a list of weights or a table of weights and reasons, not {value!r}'
        raise WrongSettingError(keys, words)
    return tuple((pattern, "") for pattern in value)


def _vocabulary(keys: Keys, value: object) -> Vocabulary:
    tables: dict[str, Any] = {}
    lists = []
    for key, entries in _table(keys, value, "words and what they mean").items():
        if key in LISTS:
            lists.append((key, tuple(_dotted((*keys, key), name) for name in _strings((*keys, key), entries))))
        elif key in ("creates", "bases"):
            allowed = VARIABLES if key == "creates" else HOSTS
            tables[key] = tuple(
                (_dotted((*keys, key), name), _one_of((*keys, key, name), meaning, allowed))
                for name, meaning in _table((*keys, key), entries, "names and what they are").items()
            )
        elif key == "carriers":
            tables[key] = tuple(
                (_dotted((*keys, key), name), _carrier((*keys, key, name), entry))
                for name, entry in _table((*keys, key), entries, "names and what they are").items()
            )
        else:
            known = [*LISTS, "creates", "bases", "carriers"]
            raise WrongSettingError((*keys, key), f'the vocabulary has no table "{key}"{nearest(key, known)}')
    return Vocabulary(lists=tuple(lists), **tables)


def _carrier(keys: Keys, value: object) -> OwnCarrier:
    if isinstance(value, str):
        return OwnCarrier(_one_of(keys, value, KINDS))
    entry = dict(_table(keys, value, "its kind and parameters"))
    known = [field.name for field in fields(OwnCarrier)]
    for key in entry:
        if key not in known:
            raise WrongSettingError((*keys, key), f'a carrier has no "{key}"{nearest(key, known)}')
    reparameterized = entry.get("reparameterized")
    if not (reparameterized is None or isinstance(reparameterized, bool)):
        words = f'"{".".join((*keys, "reparameterized"))}" must be true or false, not {reparameterized!r}'
        raise WrongSettingError((*keys, "reparameterized"), words)
    return OwnCarrier(
        _one_of((*keys, "kind"), entry.get("kind"), KINDS),
        _strings((*keys, "parameters"), entry.get("parameters", [])),
        _strings((*keys, "freezes"), entry.get("freezes", [])),
        reparameterized,
    )


def _table(keys: Keys, value: object, of: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise WrongSettingError(keys, f'"{".".join(keys)}" must be a table of {of}, not {value!r}')
    return value


def _one_of(keys: Keys, value: object, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        listed = ", ".join(f'"{each}"' for each in allowed)
        raise WrongSettingError(keys, f'"{".".join(keys)}" must be one of {listed}, not {value!r}')
    return value


def _dotted(keys: Keys, name: str) -> str:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)+", name):
        raise WrongSettingError(
            keys, f'"{".".join(keys)}" takes dotted names as in "package.module.name", not {name!r}'
        )
    return name


READERS: Mapping[str, Callable[[Keys, object], Any]] = {
    "select": _codes,
    "extend-select": _codes,
    "ignore": _codes,
    "exclude": _strings,
    "extend-exclude": _strings,
    "keras": _keras,
    "per-file-ignores": _per_file_ignores,
    "vocabulary": _vocabulary,
    "accept": _accept,
}
"""Every setting, and what reads its value."""
