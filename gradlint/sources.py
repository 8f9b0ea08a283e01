"""Which files are checked, and how their bytes become text."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gradlint.config import Config
from gradlint.errors import UsageError
from gradlint.files import shown
from gradlint.gitignore import FILE, Layer, Layers, layer_of, layers_above, leaves_out, read_layer, without_patterns_on

SUFFIXES = (".py", ".pyw", ".ipynb")
"""What is looked for below a named folder."""
NOTEBOOK = ".ipynb"
USUALLY_EXCLUDED = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Folders left out below named ones unless the config says `exclude`; hidden folders and virtual environments too."""


@dataclass(frozen=True)
class Source:
    """A file to check: its path as it is shown, and where it is; `given` is its content if it came otherwise."""

    path: str
    absolute: str
    given: bytes | None = None

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            OSError: the file cannot be read.
        """
        if self.given is not None:
            return self.given
        with open(self.absolute, "rb") as file:
            return file.read()


@dataclass(frozen=True)
class Unreadable:
    """A folder that could not be listed, and why."""

    path: str
    reason: str


@dataclass
class Found:
    """What discovery came to. `left_out` counts the files that were named and excluded by force."""

    sources: list[Source] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True)
class Excludes:
    """The patterns of the command line and the config, as gitignore patterns."""

    usual: bool
    layers: Layers

    def leave_out(self, path: str, is_folder: bool) -> bool:
        """Whether a path below a named one is left out."""
        name = os.path.basename(path)
        if self.usual and is_folder and (name in USUALLY_EXCLUDED or name.startswith(".")):
            return True
        return any(layer.verdict(path, is_folder) for layer in self.layers)

    def below(self, folder: str) -> Excludes:
        """What is left out below a named folder: a pattern that means the folder itself is passed over."""
        return replace(self, layers=without_patterns_on(self.layers, folder)) if self.layers else self


@dataclass(frozen=True)
class Walk:
    """One walk below a named folder, with the excludes that hold below it."""

    named: str
    found: Found
    excludes: dict[Config, Excludes]


@dataclass
class Finder:
    """Finds the files to check below what was named.

    `exclude` and `extend_exclude` are the command line's; `config_of` gives the config of a folder.
    """

    config_of: Callable[[str], Config]
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    _excludes: dict[Config, Excludes] = field(default_factory=dict)

    def find(self, paths: Iterable[str]) -> Found:
        """All sources at and below `paths`, sorted by path, each once.

        Raises:
            UsageError: a path does not exist.
        """
        found = Found()
        sources: dict[str, Source] = {}
        links: dict[str, Source] = {}
        for path in paths:
            absolute = os.path.abspath(path)
            if not os.path.exists(absolute):
                raise UsageError(f"{path}: there is no such file or folder")
            if self.force_exclude and self.excluded_by_force(absolute):
                found.left_out += 1
            elif os.path.isdir(absolute):
                walk = Walk(absolute, found, {})
                for source, is_link in self._below(absolute, shown(path), layers_above(absolute), walk):
                    (links if is_link else sources).setdefault(source.absolute, source)
            else:
                sources.setdefault(absolute, Source(shown(path), absolute))
        real = {os.path.realpath(absolute) for absolute in sources} if links else set()
        for absolute, source in sorted(links.items()):
            target = os.path.realpath(absolute)
            if target not in real:
                real.add(target)
                sources.setdefault(absolute, source)
        found.sources = sorted(sources.values(), key=lambda source: source.path)
        return found

    def excludes_of(self, config: Config) -> Excludes:
        """What is left out where `config` holds."""
        if config not in self._excludes:
            here = os.getcwd()
            layers = [_patterns(here, self.extend_exclude), _patterns(config.folder, config.extend_exclude)]
            if self.exclude is not None:
                layers.append(_patterns(here, self.exclude))
            elif config.exclude is not None:
                layers.append(_patterns(config.folder, config.exclude))
            usual = self.exclude is None and config.exclude is None
            self._excludes[config] = Excludes(usual, tuple(layer for layer in layers if layer is not None))
        return self._excludes[config]

    def excluded_by_force(self, absolute: str) -> bool:
        """Whether a walk from the root of its project would have left out a named path."""
        config = self.config_of(absolute if os.path.isdir(absolute) else os.path.dirname(absolute))
        excludes = self.excludes_of(config)
        current, is_folder = absolute, os.path.isdir(absolute)
        while not self._is_root(current, config):
            folder = os.path.dirname(current)
            ignored = layers_above(folder) + read_layer(folder, os.path.join(folder, FILE))
            if excludes.leave_out(current, is_folder) or leaves_out(ignored, current, is_folder):
                return True
            current, is_folder = folder, True
        return False

    def _is_root(self, folder: str, config: Config) -> bool:
        """Where a walk would have begun: what lies above, hidden or not, says nothing about the project."""
        return folder in {os.getcwd(), config.folder, os.path.dirname(folder)} or os.path.exists(
            os.path.join(folder, ".git")
        )

    def _below(self, folder: str, path: str, ignored: Layers, walk: Walk) -> Iterator[tuple[Source, bool]]:
        """The sources below a folder, and whether each is a symbolic link. Linked folders are not entered."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            walk.found.unreadable.append(Unreadable(path, error.strerror or str(error)))
            return
        names = {entry.name for entry in entries}
        if FILE in names:
            ignored += read_layer(folder, os.path.join(folder, FILE))
        config = self.config_of(folder)
        if config not in walk.excludes:
            walk.excludes[config] = self.excludes_of(config).below(walk.named)
        excludes = walk.excludes[config]
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not entry.name.endswith(SUFFIXES):
                continue
            if excludes.leave_out(entry.path, is_folder) or leaves_out(ignored, entry.path, is_folder):
                continue
            below = entry.name if path == os.curdir else os.path.join(path, entry.name)
            if is_folder:
                if excludes.usual and os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                    continue
                nested = os.path.exists(os.path.join(entry.path, ".git"))
                yield from self._below(entry.path, below, () if nested else ignored, walk)
            elif _is_file(entry):
                yield Source(below, entry.path), entry.is_symlink()


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file or a link to one; a link that goes round in circles is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _patterns(folder: str, patterns: Sequence[str]) -> Layer | None:
    """The layer of patterns; one that is the path of something below the folder means that alone."""
    below = folder.rstrip(os.sep) + os.sep
    relative = [
        "/" + pattern[len(below) :] if pattern.startswith(below) else pattern.removeprefix("./") for pattern in patterns
    ]
    return layer_of(folder, relative) if patterns else None


def decode(data: bytes) -> str:
    """The text of a Python file, by PEP 263, with every line end as a newline.

    Raises:
        SyntaxError: the declared encoding is unknown; UnicodeDecodeError: the bytes are not in it.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()


def decode_exactly(data: bytes) -> tuple[str, str]:
    """The encoding and text of a Python file, line ends as they are: encoded again it gives the same bytes.

    Raises:
        SyntaxError: the declared encoding is unknown; UnicodeDecodeError: the bytes are not in it.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return encoding, data.decode(encoding)


def normal(text: str) -> str:
    """A text with every line end as a newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=4)
def python_files(root: str) -> tuple[str, ...]:
    """The Python files below a folder, less those in folders that are usually excluded."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in USUALLY_EXCLUDED and not name.startswith("."))
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
    return tuple(found)


def other_files(path: str, root: str | None) -> tuple[bytes, ...]:
    """The bytes of the project's other Python files, or of those in the same folder; what is unreadable is left out."""
    if not os.path.isabs(path):
        return ()
    found = []
    for other in python_files(root or os.path.dirname(path)):
        if other != path and (root is not None or os.path.dirname(other) == os.path.dirname(path)):
            with contextlib.suppress(OSError):
                found.append(Source(other, other).read())
    return tuple(found)


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them; `str.splitlines` would also split at form feeds and the like."""
    return text.split("\n")


@lru_cache(maxsize=1)
def tree_of(text: str) -> ast.Module:
    """The syntax tree of a text; many ask for that of the same text one after the other.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: Python cannot parse it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
