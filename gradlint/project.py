"""The project around a file: its root, and the dialect that its declared dependencies settle."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gradlint.declarations import LEGACY, Declared, declared_in, text_of
from gradlint.gitignore import relative
from gradlint.requirements import Requirement, dialect_of, names_a_keras
from gradlint.run import Dialect


@dataclass
class Projects:
    """Answers about the projects of files; `common` is the folder that all named paths share."""

    common: str
    _roots: dict[str, str] = field(default_factory=dict)
    _declarations: dict[str, Declared] = field(default_factory=dict)
    _dialects: dict[str, Dialect | None] = field(default_factory=dict)

    def identity(self, absolute: str) -> str:
        """A file's path in its project, with slashes: the same on every machine."""
        return relative(absolute, self.root(absolute))

    def root(self, absolute: str) -> str:
        """The nearest folder with a `pyproject.toml`, else the root of the repository, else the common folder."""
        folder = os.path.dirname(absolute)
        if folder not in self._roots:
            found = _upwards(folder, "pyproject.toml") or _upwards(folder, ".git")
            self._roots[folder] = self.common if found is None else found
        return self._roots[folder]

    def declared_dialect(self, absolute: str) -> Dialect | None:
        """What the nearest folder settles that declares TensorFlow or Keras as a dependency.

        Where it leaves the dialect open, a lock file further up may settle it, as in a workspace of many packages.
        """
        folder = os.path.dirname(absolute)
        if folder not in self._dialects:
            self._dialects[folder] = self._dialect_in(list(self._folders(folder)))
        return self._dialects[folder]

    def _folders(self, folder: str) -> Iterator[str]:
        """A folder and those above it, up to the root of its repository or environment."""
        yield folder
        parent = os.path.dirname(folder)
        if parent != folder and not any(os.path.exists(os.path.join(folder, end)) for end in (".git", "pyvenv.cfg")):
            yield from self._folders(parent)

    def _dialect_in(self, folders: list[str]) -> Dialect | None:
        legacy = any(self._declared(folder).uses_legacy or _package_sets_legacy(folder) for folder in folders)
        is_open = False
        for folder in folders:
            declared = self._declared(folder)
            groups = declared.main if _naming(declared.main) else declared.extra
            said = [] if is_open else [dialect_of(each, legacy=legacy) for each in _naming(groups)]
            strict = groups is declared.extra
            found = {each for each in said if each is not None or strict}
            if len(found) > 1:
                return None
            if found and None not in found:
                return found.pop()
            locked = {dialect_of(each, locked=True, legacy=legacy) for each in _naming(declared.locked)}
            if locked - {None}:
                return locked.pop() if len(locked) == 1 else None
            is_open |= bool(said or locked)
        return Dialect.KERAS_2 if legacy and not is_open else None

    def _declared(self, folder: str) -> Declared:
        if folder not in self._declarations:
            self._declarations[folder] = declared_in(folder)
        return self._declarations[folder]


def _naming(groups: Iterable[list[Requirement]]) -> list[list[Requirement]]:
    """Those groups of requirements that name TensorFlow or Keras."""
    return [group for group in groups if names_a_keras(group)]


PACKAGE_SETS_LEGACY = re.compile(
    rf"""^os\.(?:environ\[|environ\.setdefault\(|putenv\()["']{LEGACY}["']"""
    r"""(?:\]\s*=|,)\s*["'](?:1|[Tt]rue)["']""",
    re.MULTILINE,
)


def _package_sets_legacy(folder: str) -> bool:
    """Whether a package sets the variable for all its modules, or pytest for all tests: what does so runs first."""
    return any(
        PACKAGE_SETS_LEGACY.search(text_of(os.path.join(folder, name))) is not None
        for name in ("__init__.py", "conftest.py")
    )


def _upwards(folder: str, name: str) -> str | None:
    while not os.path.exists(os.path.join(folder, name)):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder
