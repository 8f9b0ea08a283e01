"""What other files of the project do with an object: ask for its weights' gradients by name, call its methods."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from gradlint.sources import python_files
from gradlint.static.exports import importers_of, read_bytes
from gradlint.static.handing import handed_on
from gradlint.static.holding import LISTS_OF_WEIGHTS
from gradlint.static.machine import Machine
from gradlint.static.modules import ModuleFinder, code_of, finder_of, parsed
from gradlint.static.scopes import Module

ASKS = re.compile(rb"GradientTape|\.minimize\(")
WORD = re.compile(rb"[A-Za-z_]\w*")
ASKS_FOR_LISTED = LISTS_OF_WEIGHTS | {"fit", "compile", "train_on_batch"}
"""What uses the list of an object's weights."""


@lru_cache(maxsize=4)
def _files(finder: ModuleFinder) -> dict[str, ModuleFinder]:
    """The files of a project, and where the imports of each lead."""
    return {file: finder_of(file, finder) for root in finder.folders for file in python_files(root)}


@lru_cache(maxsize=256)
def asked_elsewhere(path: str, finder: ModuleFinder, attribute: str, through: frozenset[str]) -> bool:
    """Whether a file that asks for gradients names the attribute, or names every weight that it asks for.

    What stands for all weights of a layer has no `attribute`, but is reached `through` some.

    It imports the file at `path`, or there is one that imports both.
    """
    asking = frozenset(file for root in finder.folders for file in _asking(root)) - {path}
    if not asking:
        return False
    files = _files(finder)
    importers = importers_of([path], files)
    for asker in asking:
        words = _words(asker)
        named = attribute in words or _hands_on(asker, through)
        if asker in importers and (named or words.isdisjoint(ASKS_FOR_LISTED)):
            return True
        if named and not importers.isdisjoint(importers_of([asker], files)):
            return True
    return False


@lru_cache(maxsize=256)
def asks_elsewhere(path: str, finder: ModuleFinder) -> bool:
    """Whether a file that asks for gradients imports the one at `path`, or there is one that imports both."""
    asking = frozenset(file for root in finder.folders for file in _asking(root)) - {path}
    files = _files(finder) if asking else {}
    importers = importers_of([path], files) if asking else frozenset()
    return any(file in importers or not importers.isdisjoint(importers_of([file], files)) for file in asking)


def called_elsewhere(path: str, finder: ModuleFinder, method: str) -> bool:
    """Whether another file calls a method of that name on anything but `self`."""
    return bool(_holding(path, finder, method.encode(), rb"(?<!\bself)(?<!\bsuper\(\))\.%s\("))


def named_elsewhere(path: str, finder: ModuleFinder, name: str) -> bool:
    """Whether another file names a function of the one at `path`."""
    return bool(_holding(path, finder, name.encode(), rb"\b%s\b", True))


def handed_elsewhere(path: str, finder: ModuleFinder, method: str) -> bool:
    """Whether another file takes a method of that name off an object without calling it: whoever gets it may."""
    return bool(_holding(path, finder, method.encode(), rb"(?m)(?<!\bself)\.%s[ \t]*(?=[,)\]}]|$)", True))


def trees_that_may_mention(machine: Machine, module: Module, attribute: str) -> list[ast.Module] | None:
    """The code that can speak of what `module` calls so; None if a file does, be it in a string, that is not loaded."""
    mentions = rb"\.%s\b|[\"']%s[\"']"
    if machine.finder is not None:
        files = _holding(module.path, machine.finder, attribute.encode(), mentions)
        if files - machine.modules.keys():
            return None
    return [known.tree for known in {module.path: module, **machine.modules}.values()]


def thrown_away_elsewhere(path: str, finder: ModuleFinder, name: str) -> bool:
    """Whether another file throws away the values that a function or property of that name has cached."""
    pattern = rb"\b%s\.cache_clear\(|\bdel\b[^\n]*\.%s\b|\.(?:pop|__delattr__)\(\s*[\"']%s[\"']"
    return bool(_holding(path, finder, name.encode(), pattern))


@lru_cache(maxsize=256)
def _holding(path: str, finder: ModuleFinder, word: bytes, pattern: bytes, beside: bool = False) -> frozenset[str]:
    """The files that import the one at `path` and have code that fits `pattern`, with `word` for each `%s`.

    Those that ask for gradients count as well where there is a file that imports both; with `beside`, all others, too.
    """
    files = _files(finder)
    searched = re.compile(pattern.replace(b"%s", re.escape(word)))
    holding = [file for file in files if file != path and _holds(read_bytes(file), word, searched)]
    importers = importers_of([path], files) if holding else frozenset()
    asking = frozenset(file for root in finder.folders for file in _asking(root))
    return frozenset(
        file
        for file in holding
        if file in importers or ((beside or file in asking) and not importers.isdisjoint(importers_of([file], files)))
    )


def _holds(data: bytes, word: bytes, searched: re.Pattern[bytes]) -> bool:
    """Whether a file's code fits a pattern that has a word in it; asked by what takes least time first."""
    return word in data and searched.search(data) is not None and searched.search(code_of(data)) is not None


def forget() -> None:
    """Forget which files ask for gradients, and of what."""
    for known in (asked_elsewhere, asks_elsewhere, _holding, _asking, _words, _files):
        known.cache_clear()


@lru_cache(maxsize=4)
def _asking(root: str) -> tuple[str, ...]:
    """The files below a folder that ask for gradients."""
    return tuple(path for path in python_files(root) if ASKS.search(read_bytes(path)) is not None)


@lru_cache(maxsize=256)
def _words(path: str) -> frozenset[str]:
    return frozenset(word.decode() for word in set(WORD.findall(code_of(read_bytes(path)))))


def _hands_on(path: str, through: frozenset[str]) -> bool:
    read = parsed(path) if through else None
    return read is not None and not through.isdisjoint(handed_on(read.tree))
