"""The project around a file: its root, and the dialect that its declared dependencies settle."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gradlint.gitignore import relative
from gradlint.run import Dialect

TENSORFLOW = frozenset({"tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel"})
REQUIREMENT = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<bounds>(?:[<>=!~]=?=?\s*[\w.*+!-]+\s*,?\s*)*)\)?\s*(?:[;#@].*)?$"
)
BOUND = re.compile(r"(===|==|~=|<=|>=|!=|<|>)\s*v?(\d+)(?:\.(\d+))?")
QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
POETRY = re.compile(r"""^\s*["']?([A-Za-z0-9._-]+)["']?\s*=\s*(?:\{.*?version\s*=\s*)?["']([^"']+)["']""", re.MULTILINE)


@dataclass
class Projects:
    """Answers about the projects of files; `common` is the folder that all named paths share."""

    common: str
    _roots: dict[str, str | None] = field(default_factory=dict)
    _declared: dict[str, Dialect | None] = field(default_factory=dict)

    def identity(self, absolute: str) -> str:
        """A file's path in its project, with slashes: the same on every machine."""
        root = self.root(absolute)
        return relative(absolute, self.common if root is None else root)

    def root(self, absolute: str) -> str | None:
        """The nearest folder with a `pyproject.toml`, else the root of the repository."""
        folder = os.path.dirname(absolute)
        if folder not in self._roots:
            found = _upwards(folder, "pyproject.toml") or _upwards(folder, ".git")
            self._roots[folder] = found
        return self._roots[folder]

    def declared_dialect(self, absolute: str) -> Dialect | None:
        """What the nearest file says that declares TensorFlow or Keras as a dependency."""
        folder = os.path.dirname(absolute)
        passed = []
        answer = None
        while True:
            if folder in self._declared:
                answer = self._declared[folder]
                break
            passed.append(folder)
            requirements = list(_declared_in(folder))
            if any(name in TENSORFLOW or name in {"keras", "tf-keras"} for name, _ in requirements):
                answer = dialect_of_requirements(requirements)
                break
            parent = os.path.dirname(folder)
            if parent == folder or any(os.path.exists(os.path.join(folder, end)) for end in (".git", "pyvenv.cfg")):
                break
            folder = parent
        self._declared.update(dict.fromkeys(passed, answer))
        return answer


def _upwards(folder: str, name: str) -> str | None:
    while not os.path.exists(os.path.join(folder, name)):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _declared_in(folder: str) -> Iterator[tuple[str, str]]:
    """Names and version bounds of what the files of one folder require."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name in {"pyproject.toml", "setup.py", "setup.cfg"} or (
            name.startswith("requirements") and name.endswith((".txt", ".in"))
        ):
            text = _text(os.path.join(folder, name))
            if "tensorflow" not in text and "keras" not in text:
                continue
            if name == "setup.cfg" or name.startswith("requirements"):
                candidates: Iterable[str] = (line.rpartition("=  ")[2] for line in text.splitlines())
            else:
                candidates = QUOTED.findall(text)
            yield from requirements_in(candidates)
            if name == "pyproject.toml" and "tool.poetry" in text:
                for package, bounds in POETRY.findall(text):
                    yield _normal(package), _poetry_bounds(bounds)


def requirements_in(candidates: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and version bounds of those texts that are requirements (PEP 508)."""
    for candidate in candidates:
        found = REQUIREMENT.match(candidate)
        if found:
            yield _normal(found["name"]), found["bounds"]


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _poetry_bounds(bounds: str) -> str:
    if bounds.startswith("^"):
        major = bounds[1:].split(".")[0]
        return f">={bounds[1:]},<{int(major) + 1}" if major.isdigit() else ""
    return "==" + bounds if bounds[:1].isdigit() else bounds.replace("~", "~=") if bounds.startswith("~") else bounds


def dialect_of_requirements(requirements: Iterable[tuple[str, str]]) -> Dialect | None:
    """The dialect that names and version bounds settle; None where they leave it open or disagree.

    >>> dialect_of_requirements([("tensorflow", ">=2.10,<2.16")])
    <Dialect.KERAS_2: '2'>
    >>> dialect_of_requirements([("tensorflow", ">=2.10")])
    """
    requirements = list(requirements)
    names = {name for name, _ in requirements}
    said = set()
    if "tf-keras" in names and "keras" not in names:
        said.add(Dialect.KERAS_2)
    for name, bounds in requirements:
        if name in TENSORFLOW:
            if _below(bounds, (2, 16)):
                said.add(Dialect.KERAS_2)
            elif _pinned_from(bounds, (2, 16)) and "tf-keras" not in names:
                said.add(Dialect.KERAS_3)
        elif name == "keras":
            if _below(bounds, (3, 0)):
                said.add(Dialect.KERAS_2)
            elif _from(bounds, (3, 0)):
                said.add(Dialect.KERAS_3)
    return said.pop() if len(said) == 1 else None


Version = tuple[int, int]


def _bounds(text: str) -> Iterator[tuple[str, Version, bool]]:
    for operator, major, minor in BOUND.findall(text):
        yield operator, (int(major), int(minor or 0)), bool(minor)


def _below(text: str, limit: Version) -> bool:
    """Whether the bounds allow only versions below `limit`."""
    for operator, version, exact in _bounds(text):
        if operator == "<" and version <= limit:
            return True
        if operator == "<=" and version < limit:
            return True
        if operator in {"==", "===", "~="} and version < limit and (exact or limit[1] == 0):
            return operator != "~=" or limit[1] == 0 or text.count(".") > 1
    return False


def _from(text: str, limit: Version) -> bool:
    """Whether the bounds allow only versions from `limit` on."""
    return any(
        operator in {"==", "===", "~=", ">=", ">"} and version >= limit for operator, version, _ in _bounds(text)
    )


def _pinned_from(text: str, limit: Version) -> bool:
    return any(operator in {"==", "===", "~="} and version >= limit for operator, version, _ in _bounds(text))
