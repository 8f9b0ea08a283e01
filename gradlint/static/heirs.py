"""Which files define a class over a distribution, bijector, kernel or linear operator, told from their text alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from gradlint.static.exports import Import, imports_of, read_bytes, resolved_imports
from gradlint.static.knowledge import carrier_names
from gradlint.static.modules import ModuleFinder, code_of

CLASS = re.compile(rb"^[ \t]*class[ \t]+(?P<name>\w+)[ \t]*\((?P<bases>[^)]+)\)", re.MULTILINE)
BASE = re.compile(rb"(?<![.\w])(?P<root>[A-Za-z_]\w*)(?:\.\w+)*?(?:\.(?P<last>\w+))?(?![.\w])")
TELLING = re.compile(r"Distribution|Bijector|Kernel|LinearOperator|StateSpaceModel")


@dataclass(frozen=True)
class Bases:
    """What a class names as its bases: the first names of them, and whether one is called like a library's carrier."""

    roots: frozenset[str]
    telling: bool


def defines_heir(data: bytes, path: str, finder: ModuleFinder) -> bool:
    """Whether a file may define a class over a carrier: a base is called like one, or comes from where one is."""
    classes = _classes(data)
    if any(bases.telling for bases in classes.values()):
        return True
    imports = tuple(resolved_imports(data, path, finder)) if classes else ()
    roots = frozenset(root for bases in classes.values() for root in bases.roots)
    return any(_comes_from_heir(root, imports, finder, frozenset({path})) for root in sorted(roots))


def _classes(data: bytes) -> dict[str, Bases]:
    """The classes of a file that name bases."""
    if CLASS.search(data) is None:
        return {}
    return {match["name"].decode(errors="replace"): _bases(match["bases"]) for match in CLASS.finditer(code_of(data))}


def _bases(text: bytes) -> Bases:
    found = list(BASE.finditer(text))
    roots = frozenset(match["root"].decode(errors="replace") for match in found)
    last = (match["last"] or match["root"] for match in found)
    return Bases(roots, any(_is_telling(name.decode(errors="replace")) for name in last))


@cache
def _is_telling(name: str) -> bool:
    return name in carrier_names() or TELLING.search(name) is not None


def _comes_from_heir(name: str, imports: tuple[Import, ...], finder: ModuleFinder, asked: frozenset[str]) -> bool:
    """Whether a name is bound by an import to such a class, or to a module that has one."""
    for one in imports:
        if one.name == "*":
            offered = _offers(one.module, name, finder, asked)
        elif one.alias == name:
            offered = _offers(one.own or one.module, None if one.own else one.name, finder, asked)
        else:
            offered = False
        if offered:
            return True
    return False


def _offers(path: str, name: str | None, finder: ModuleFinder, asked: frozenset[str]) -> bool:
    """Whether a module of the project has such a class by that name, or by any if there is none."""
    if path in asked:
        return False
    wanted = {name} if name is not None else set()
    for known, bases in _known_classes(path).items():
        if name in (None, known):
            if bases.telling:
                return True
            wanted |= bases.roots
    imports = imports_of(path, finder)
    return any(_comes_from_heir(root, imports, finder, asked | {path}) for root in sorted(wanted))


@lru_cache(maxsize=4096)
def _known_classes(path: str) -> dict[str, Bases]:
    return _classes(read_bytes(path))
