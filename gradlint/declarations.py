"""The files in which a project declares what it needs, each read in its own format; nothing is executed."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradlint.requirements import Requirement, from_poetry, normal, requirement, requirements_in

LEGACY = "TF_USE_LEGACY_KERAS"
TRUE = frozenset({"1", "true"})
"""The values that TensorFlow takes for yes, in small letters."""


@dataclass
class Declared:
    """What the files of one folder declare, file by file.

    `main` is what the project needs, `extra` what its options and groups need, `locked` what an installer chose from
    that; `legacy` holds the values that are given to `TF_USE_LEGACY_KERAS`.
    """

    main: list[list[Requirement]] = field(default_factory=list)
    extra: list[list[Requirement]] = field(default_factory=list)
    locked: list[list[Requirement]] = field(default_factory=list)
    legacy: list[str] = field(default_factory=list)

    @property
    def uses_legacy(self) -> bool:
        """Whether the project sets the variable, to one value only."""
        return bool(self.legacy) and all(value.lower() in TRUE for value in self.legacy)


def declared_in(folder: str) -> Declared:
    """What the files of one folder declare."""
    declared = Declared()
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return declared
    for name in names:
        reader = _reader(name)
        if reader is not None:
            text = text_of(os.path.join(folder, name))
            if "tensorflow" in text.lower() or "keras" in text.lower() or "-r" in text:
                reader(declared, text, os.path.join(folder, name))
    nested = os.path.join(folder, "requirements")
    if os.path.isdir(nested):
        for name in sorted(os.listdir(nested)):
            if name.endswith((".txt", ".in")):
                declared.extra.append(list(requirements_of_file(os.path.join(nested, name))))
    return declared


def _reader(name: str) -> Callable[[Declared, str, str], None] | None:
    if name in READERS:
        return READERS[name]
    if name.startswith("requirements") and name.endswith((".txt", ".in")):
        return _requirements
    if re.fullmatch(r"(.+\.)?conda-lock\.ya?ml", name):
        return _conda_lock
    if re.fullmatch(r"(environment|conda)[\w.-]*\.ya?ml", name):
        return _conda
    return _pylock if re.fullmatch(r"pylock\.(.+\.)?toml", name) else None


def text_of(path: str) -> str:
    """A file's text; nothing for one that is not there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _requirements(declared: Declared, text: str, path: str) -> None:
    plain = os.path.basename(path) in {"requirements.txt", "requirements.in"}
    (declared.main if plain else declared.extra).append(list(requirements_of_file(path)))


def requirements_of_file(path: str, seen: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """The requirements of a file for pip, with those of the files that it includes or that constrain it."""
    if path in seen:
        return
    for line in re.sub(r"\\\r?\n", " ", text_of(path)).splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).strip()
        included = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", words)
        if included:
            yield from requirements_of_file(
                os.path.normpath(os.path.join(os.path.dirname(path), included[1])), seen | {path}
            )
        elif not words.startswith("-"):
            found = requirement(re.sub(r"\s--\w.*", "", words))
            if found is not None:
                yield found


def _toml(text: str) -> Mapping[str, Any]:
    """The tables of a TOML file; none where it is broken, which is another tool's business."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _at(table: object, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _listed(value: object) -> list[Requirement]:
    """The requirements in a list of texts."""
    return requirements_in(one for one in value if isinstance(one, str)) if isinstance(value, list) else []


def _tabled(value: object) -> list[Requirement]:
    """The requirements in a table of names and bounds."""
    if not isinstance(value, Mapping):
        return []
    return [one for name, bounds in value.items() for one in from_poetry(str(name), bounds)]


def _tables(value: object) -> Iterator[Mapping[str, Any]]:
    """The tables in a table."""
    if isinstance(value, Mapping):
        yield from (each for each in value.values() if isinstance(each, Mapping))


def _lists(value: object) -> Iterator[list[Any]]:
    if isinstance(value, Mapping):
        yield from (each for each in value.values() if isinstance(each, list))


def _pyproject(declared: Declared, text: str, path: str) -> None:
    table = _toml(text)
    tool = _at(table, "tool")
    main = [*_listed(_at(table, "project", "dependencies")), *_tabled(_at(tool, "poetry", "dependencies"))]
    for name in _files(_at(tool, "setuptools", "dynamic", "dependencies", "file")):
        main += requirements_of_file(os.path.join(os.path.dirname(path), name))
    declared.main += [main, _tabled(_at(tool, "pixi", "dependencies")), _tabled(_at(tool, "pixi", "pypi-dependencies"))]
    optional = _at(table, "project", "optional-dependencies")
    groups = [
        *_lists(optional),
        *_lists(_at(table, "dependency-groups")),
        *_lists(_at(tool, "pdm", "dev-dependencies")),
    ]
    groups += [each.get("dependencies", []) for each in _tables(_at(tool, "hatch", "envs"))]
    groups.append(_at(tool, "uv", "dev-dependencies"))
    declared.extra += [_listed(group) for group in groups]
    declared.extra += [_tabled(each.get("dependencies")) for each in _tables(_at(tool, "poetry", "group"))]
    declared.extra.append(_tabled(_at(tool, "poetry", "dev-dependencies")))
    declared.legacy += _settings(_at(tool, "pytest", "ini_options", "env"))
    for keys in (("pytest_env",), ("hatch", "envs", "default", "env-vars"), ("pixi", "activation", "env")):
        value = _at(tool, *keys, LEGACY)
        if value is not None:
            declared.legacy.append(str(value))


def _files(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list) else []


def _settings(value: object) -> Iterator[str]:
    """The values given to the variable by lines `NAME=value`, `D:NAME=value` or `NAME = value`."""
    lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    for line in lines:
        found = re.match(rf"""\s*(?:D:|export\s+)?{LEGACY}\s*=\s*["']?([\w.-]*)["']?\s*(?:#.*)?$""", str(line))
        if found:
            yield found[1]


def _ini(declared: Declared, text: str, path: str) -> None:
    """`setup.cfg`, `tox.ini` and `pytest.ini`: only what holds for every environment of tox."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    if parser.has_section("options"):
        declared.main.append(requirements_in(parser.get("options", "install_requires", fallback="").splitlines()))
    if parser.has_section("options.extras_require"):
        declared.extra += [
            requirements_in((value or "").splitlines()) for _, value in parser.items("options.extras_require")
        ]
    for section, option in (("testenv", "setenv"), ("testenv", "set_env"), ("pytest", "env"), ("tool:pytest", "env")):
        declared.legacy += _settings(parser.get(section, option, fallback=""))


def _setup(declared: Declared, text: str, path: str) -> None:
    """`setup.py`: the literals that `setup(…)` gets, also by the name of a list at module level."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "setup"):
            continue
        for keyword in node.keywords:
            if keyword.arg == "install_requires":
                declared.main.append(requirements_in(_texts(keyword.value, names)))
            elif keyword.arg == "extras_require":
                extras = names.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
                for group in extras.values if isinstance(extras, ast.Dict) else []:
                    declared.extra.append(requirements_in(_texts(group, names)))


def _texts(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 8) -> Iterator[str]:
    """The texts in a list of literals; of one that is composed, what comes first: its name, without a bound."""
    if not depth:
        return
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for element in node.elts:
            yield from _texts(element, names, depth - 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        yield re.split(r"[<>=!~\[;\s]", str(node.values[0].value))[0]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _texts(node.left, names, depth - 1)
        yield from _texts(node.right, names, depth - 1)
    elif isinstance(node, ast.Name) and node.id in names:
        yield from _texts(names[node.id], names, depth - 1)


def _pipfile(declared: Declared, text: str, path: str) -> None:
    table = _toml(text)
    declared.main.append(_tabled(_at(table, "packages")))
    declared.extra.append(_tabled(_at(table, "dev-packages")))


def _pipfile_lock(declared: Declared, text: str, path: str) -> None:
    try:
        table = json.loads(text)
    except ValueError:
        return
    declared.locked.append(_tabled(_at(table, "default")))


def _conda(declared: Declared, text: str, path: str) -> None:
    """`environment.yml`: the items of `dependencies`, those for pip included, and `variables`."""
    section = ""
    found = []
    for line in text.splitlines():
        key = re.match(r"(\w+)\s*:", line)
        if key:
            section = key[1]
        item = re.match(r"""\s*-\s+["']?([^"'#]+?)["']?\s*(?:#.*)?$""", line)
        if section == "dependencies" and item and not item[1].endswith(":"):
            found.append(item[1].rpartition("::")[2])
        setting = re.match(rf"""\s+{LEGACY}\s*:\s*["']?([\w.-]*)["']?\s*(?:#.*)?$""", line)
        if section == "variables" and setting:
            declared.legacy.append(setting[1])
    declared.main.append(requirements_in(re.sub(r"^([\w.-]+=[\d.*]+)=\S*$", r"\1", one) for one in found))


NAME = r"""["']?([A-Za-z0-9][\w.-]*)["']?"""
VERSION = r"""["']?(\d[^\s"',]*)["']?"""


def _locked(pattern: str) -> Callable[[Declared, str, str], None]:
    """The reader of a lock file in which a name and its version stand in lines that fit a pattern."""
    lines = re.compile(pattern, re.MULTILINE)

    def reader(declared: Declared, text: str, path: str) -> None:
        declared.locked.append(
            [Requirement(normal(name), f"=={version}", conditional=True) for name, version in lines.findall(text)]
        )

    return reader


_toml_lock = _locked(rf"^name = {NAME}\r?\nversion = {VERSION}")
_pylock = _toml_lock
_conda_lock = _locked(rf"^\s*-? *name: {NAME}\r?\n\s*version: {VERSION}")


def _environment(declared: Declared, text: str, path: str) -> None:
    """`.env`."""
    declared.legacy += _settings(text)


def _dockerfile(declared: Declared, text: str, path: str) -> None:
    for found in re.finditer(
        rf"""^\s*ENV\s+(?:.*\s)?{LEGACY}[=\s]\s*["']?([\w.-]+)""", text, re.MULTILINE | re.IGNORECASE
    ):
        declared.legacy.append(found[1])


READERS: Mapping[str, Callable[[Declared, str, str], None]] = {
    "pyproject.toml": _pyproject,
    "setup.py": _setup,
    "setup.cfg": _ini,
    "tox.ini": _ini,
    "pytest.ini": _ini,
    "Pipfile": _pipfile,
    "Pipfile.lock": _pipfile_lock,
    "uv.lock": _toml_lock,
    "poetry.lock": _toml_lock,
    "pdm.lock": _toml_lock,
    "pixi.lock": _conda_lock,
    ".env": _environment,
    "Dockerfile": _dockerfile,
}
"""The files that are read, by name; others are known by how their names begin and end."""
