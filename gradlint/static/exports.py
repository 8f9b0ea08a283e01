"""Which names of a project's modules have to do with weights, told from their text alone, before anything is parsed."""

from __future__ import annotations

import os
import re
import sys
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from gradlint.static.modules import (
    LIBRARIES,
    ModuleFinder,
    code_of,
    has_trigger,
    parsed,
    registers,
    submodule,
    triggers_in,
)

DEFINED = re.compile(
    rb"^(?:(?:async[ \t]+)?(?:class|def)[ \t]+(?P<defined>\w+)|(?P<assigned>[A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=))",
    re.MULTILINE,
)
WORD = re.compile(rb"[A-Za-z_]\w*")
REGISTERING = re.compile(rb"^@(\w+)|^class[ \t]+\w+\((\w+)[^)\n]*\w[ \t]*=", re.MULTILINE)
"""The first name of a decorator, and the base that a class hands a keyword."""
FROM = re.compile(
    rb"^[ \t]*from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]*(?:\((?P<many>[^)]*)\)|(?P<few>[^\n(]+))",
    re.MULTILINE,
)
IMPORT = re.compile(rb"^[ \t]*import[ \t]+(?P<names>[\w., \t]+)", re.MULTILINE)
COMMENT = re.compile(rb"#[^\n]*")
ALIAS = re.compile(rb"(?P<name>[\w.]+|\*)(?:\s+as\s+(?P<alias>\w+))?")


Spelled: TypeAlias = tuple[str, int, str | None, str]
"""An import as it is written: module, level, imported name, bound name."""


@dataclass(frozen=True)
class Import:
    """One name that a module binds to something of another module of the project; `name` None is the module itself.

    `own` is the file of the submodule that `name` may be.
    """

    module: str
    name: str | None
    alias: str
    own: str | None


def is_worth_following(data: bytes, path: str, finder: ModuleFinder) -> bool:
    """Whether a file holds a trigger, or imports something of the project that has to do with weights."""
    if has_trigger(data):
        return True
    if finder.only in LIBRARIES and b"from ." not in data:
        return False
    return bool(imported_names(path, finder, data))


def imported_names(path: str, finder: ModuleFinder, data: bytes | None = None) -> frozenset[str]:
    """The names that a file binds to something of the project's other modules that has to do with weights."""
    imports = imports_of(path, finder) if data is None else tuple(resolved_imports(data, path, finder))
    _settle({one.module for one in imports} | {one.own for one in imports if one.own is not None}, finder)
    return frozenset(_relevant(imports, _EXPORTS.setdefault(finder, {})))


def importers_of(modules: Iterable[str], finders: Mapping[str, ModuleFinder]) -> frozenset[str]:
    """Which files import some of the modules, or import what does; `finders` are those of all files in question."""
    importers: dict[str, set[str]] = {}
    waiting, seen = list(finders.items()), set(finders)
    while waiting:
        path, finder = waiting.pop()
        for one in imports_of(path, finder):
            for module in (one.module, one.own):
                if module is not None:
                    importers.setdefault(module, set()).add(path)
                    if module not in seen:
                        seen.add(module)
                        waiting.append((module, finder))
    reached: set[str] = set()
    asked = list(modules)
    while asked:
        found = importers.get(asked.pop(), set()) - reached
        reached |= found
        asked.extend(found)
    return frozenset(reached & finders.keys())


_EXPORTS: dict[ModuleFinder, dict[str, frozenset[str]]] = {}
"""For each module the names that have to do with weights: what holds a trigger, mentions such, or is imported so."""
_ASKED_FOR: dict[ModuleFinder, set[str]] = {}
"""The first words of all absolute imports in those modules."""


def forget_exports() -> None:
    """Forget what was read of the project's files."""
    _EXPORTS.clear()
    _ASKED_FOR.clear()
    for known in (_may_hold_trigger, _definitions, imports_of, _spelled_in, _modules_in, parsed, registers):
        known.cache_clear()


def _settle(modules: set[str], finder: ModuleFinder) -> None:
    """Find the exports of modules and of all that they import, which may import each other in circles."""
    known = _EXPORTS.setdefault(finder, {})
    found: dict[str, tuple[Import, ...]] = {}
    waiting = [module for module in sorted(modules) if module not in known]
    while waiting:
        module = waiting.pop()
        if module in found or module in known:
            continue
        elsewhere = _exports_elsewhere(module, finder)
        if elsewhere is not None:
            known[module] = elsewhere
            continue
        found[module] = imports_of(module, finder)
        for one in found[module]:
            waiting.extend(each for each in (one.module, one.own) if each is not None and each not in found)
    importers: dict[str, set[str]] = {}
    for module, imports in found.items():
        for one in imports:
            for each in (one.module, one.own):
                if each is not None:
                    importers.setdefault(each, set()).add(module)
    answers: dict[str, frozenset[str]] = {module: _defined(module, frozenset()) for module in found}
    asked: dict[str, frozenset[str]] = {}
    filled: dict[str, frozenset[str]] = {}
    exports = ChainMap(answers, known)
    waiting = list(found)
    while waiting:
        grown, waiting = dict.fromkeys(waiting), []
        for module in grown:
            imported = frozenset(_relevant(found[module], exports)) | filled.get(module, frozenset())
            if imported and imported != asked.get(module):
                asked[module] = imported
                answer = imported | _defined(module, imported)
                if answer != answers[module]:
                    answers[module] = answer
                    waiting.extend(importers.get(module, ()))
        if not waiting:
            for table, names in _tables_filled(found, answers):
                if not names <= filled.get(table, frozenset()):
                    filled[table] = filled.get(table, frozenset()) | names
                    waiting.append(table)
    known.update(answers)
    _ASKED_FOR.setdefault(finder, set()).update(
        name.partition(".")[0] for module in found for name, level, _, _ in _spelled_in(module) if not level
    )


def _exports_elsewhere(module: str, finder: ModuleFinder) -> frozenset[str] | None:
    """The exports of a module that does not lie beside the checked file, where what does is nothing to that module.

    So a package is gone through once, and not for each folder that holds files which import it.
    """
    folder, *others = finder.roots
    if not others or module.startswith(folder.rstrip(os.sep) + os.sep):
        return None
    without = replace(finder, roots=tuple(others), folders=tuple(one for one in finder.folders if one != folder))
    _settle({module}, without)
    return _EXPORTS[without][module] if _ASKED_FOR[without].isdisjoint(_modules_in(folder)) else None


@lru_cache(maxsize=4096)
def _modules_in(folder: str) -> frozenset[str]:
    """What is imported from a folder by its bare name; a folder without `__init__.py` stands behind Python's own."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return frozenset()
    behind = (entry for entry in entries if entry in sys.stdlib_module_names or entry in LIBRARIES)
    hidden = {entry for entry in behind if not os.path.isfile(os.path.join(folder, entry, "__init__.py"))}
    return frozenset(entry.removesuffix(".py") for entry in entries if entry not in hidden)


def _tables_filled(
    found: Mapping[str, tuple[Import, ...]], answers: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    """The modules into whose tables what has to do with weights is entered, with the names that stand for those."""
    for module, imports in found.items():
        if not answers[module] or not registers(module):
            continue
        entering = {(match[1] or match[2]).decode() for match in REGISTERING.finditer(read_bytes(module))}
        for one in imports:
            if one.alias in entering and one.name is not None and one.module in found:
                chunks = _definitions(one.module)
                words = frozenset().union(*(chunk.words for chunk in chunks if chunk.name == one.name))
                yield one.module, frozenset({one.name, *(chunk.name for chunk in chunks if chunk.name in words)})


def _relevant(imports: Iterable[Import], exports: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    for one in imports:
        exported = exports.get(one.module, frozenset())
        if one.name == "*":
            found |= exported
        elif one.name is None:
            if exported:
                found.add(one.alias)
        elif one.name in exported or (one.own is not None and exports.get(one.own)):
            found.add(one.alias)
    return found


def read_bytes(path: str) -> bytes:
    """A file's bytes; nothing for what cannot be read, which its own check reports."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


@lru_cache(maxsize=4096)
def _may_hold_trigger(path: str) -> bool:
    data = read_bytes(path)
    return any(pattern.search(data) is not None for pattern in triggers_in(data))


@dataclass(frozen=True)
class Chunk:
    """What stands at the top level of a file from one name that it binds to the next."""

    name: str
    words: frozenset[str]
    triggers: bool
    """Whether it holds something that makes it worth parsing."""


@lru_cache(maxsize=4096)
def _definitions(path: str) -> tuple[Chunk, ...]:
    """What a file binds at its top level."""
    data = read_bytes(path)
    code, patterns = code_of(data), triggers_in(data)
    starts = [*DEFINED.finditer(code)]
    ends = [*(match.start() for match in starts[1:]), len(code)] if starts else []
    return tuple(
        _chunk((match["defined"] or match["assigned"]).decode(errors="replace"), code[match.start() : end], patterns)
        for match, end in zip(starts, ends, strict=True)
    )


def _chunk(name: str, code: bytes, patterns: tuple[re.Pattern[bytes], ...]) -> Chunk:
    words = frozenset(word.decode() for word in set(WORD.findall(code)))
    return Chunk(name, words, any(pattern.search(code) is not None for pattern in patterns))


def _defined(path: str, imported: frozenset[str]) -> frozenset[str]:
    """What a file binds that holds a trigger, or mentions one of the imported names, or what does."""
    if not imported and not _may_hold_trigger(path):
        return frozenset()
    found = {chunk.name for chunk in _definitions(path) if chunk.triggers}
    before = -1
    while len(found) != before:
        before = len(found)
        asked = found | imported
        found.update(chunk.name for chunk in _definitions(path) if not asked.isdisjoint(chunk.words - {chunk.name}))
    return frozenset(found)


@lru_cache(maxsize=4096)
def imports_of(path: str, finder: ModuleFinder) -> tuple[Import, ...]:
    """The imports of a file that lead into the project."""
    return tuple(_resolved(_spelled_in(path), path, finder))


def resolved_imports(data: bytes, path: str, finder: ModuleFinder) -> Iterator[Import]:
    """The imports of a text that lead into the project."""
    return _resolved(_spelled(data), path, finder)


@lru_cache(maxsize=4096)
def _spelled_in(path: str) -> tuple[Spelled, ...]:
    return tuple(_spelled(read_bytes(path)))


def _resolved(spelled: Iterable[Spelled], path: str, finder: ModuleFinder) -> Iterator[Import]:
    for base, level, name, alias in spelled:
        module = finder.find(base, level, path)
        if module is not None:
            yield Import(module, name, alias, submodule(module, name) if name and name != "*" else None)


def _spelled(data: bytes) -> Iterator[Spelled]:
    """Module, level, imported name (None for the module itself) and the name that it is bound to."""
    for match in FROM.finditer(data):
        names = match["few"] if match["many"] is None else match["many"]
        names = COMMENT.sub(b"", names) if b"#" in names else names
        for one in ALIAS.finditer(names):
            name = one["name"].decode(errors="replace")
            alias = one["alias"].decode(errors="replace") if one["alias"] else name
            yield match["base"].decode(errors="replace"), len(match["dots"]), name, alias
    for match in IMPORT.finditer(data):
        for part in match["names"].split(b","):
            alias_match = ALIAS.match(part.strip())
            if alias_match is not None:
                name = alias_match["name"].decode(errors="replace")
                alias = (
                    alias_match["alias"].decode(errors="replace") if alias_match["alias"] else name.partition(".")[0]
                )
                yield name, 0, None, alias
