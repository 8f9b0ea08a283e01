"""Which names of a project's modules have to do with weights, told from their text alone, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gradlint.static.modules import LIBRARIES, TRIGGERS, ModuleFinder, code_of, has_trigger, submodule

DEFINED = re.compile(rb"^(?:class|def)[ \t]+(\w+)", re.MULTILINE)
FROM = re.compile(
    rb"^[ \t]*from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]*(?:\((?P<many>[^)]*)\)|(?P<few>[^\n(]+))",
    re.MULTILINE,
)
IMPORT = re.compile(rb"^[ \t]*import[ \t]+(?P<names>[\w., \t]+)", re.MULTILINE)
COMMENT = re.compile(rb"#[^\n]*")
ALIAS = re.compile(rb"(?P<name>[\w.]+|\*)(?:\s+as\s+(?P<alias>\w+))?")


def is_worth_following(data: bytes, path: str, finder: ModuleFinder) -> bool:
    """Whether a file holds a trigger, or imports something of the project that has to do with weights."""
    if finder.only in LIBRARIES and b"from ." not in data:
        return has_trigger(data)
    return has_trigger(data) or bool(_imported(data, path, finder, {path: None}, set()))


def imported_names(path: str, finder: ModuleFinder) -> frozenset[str]:
    """The names that a file binds to something of the project's other modules that has to do with weights."""
    data = _read(path)
    return frozenset() if data is None else frozenset(_imported(data, path, finder, {path: None}, set()))


@lru_cache(maxsize=4096)
def _read(path: str) -> bytes | None:
    """A file's bytes; None for what cannot be read, which its own check reports."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


_KNOWN: dict[tuple[str, ModuleFinder], frozenset[str]] = {}


def _exports(path: str, finder: ModuleFinder, asking: dict[str, None], open_ends: set[str]) -> frozenset[str]:
    """The names of a module that have to do with weights: what holds a trigger, mentions such, or is imported so.

    `asking` are the modules whose answer waits for this one; those that it waits for in turn go into `open_ends`, and
    an answer with open ends is not remembered.
    """
    known = _KNOWN.get((path, finder))
    if known is not None:
        return known
    if path in asking:
        open_ends.add(path)
        return frozenset()
    data = _read(path)
    if data is None:
        return frozenset()
    own_ends: set[str] = set()
    names = _imported(data, path, finder, {**asking, path: None}, own_ends)
    names |= _defined(data, names)
    own_ends.discard(path)
    open_ends |= own_ends
    if not own_ends:
        _KNOWN[path, finder] = frozenset(names)
    return frozenset(names)


def _defined(data: bytes, imported: set[str]) -> set[str]:
    """The top-level definitions that hold a trigger or mention one of the imported names."""
    if not imported and TRIGGERS.search(data) is None:
        return set()
    code = code_of(data)
    starts = [*DEFINED.finditer(code)]
    ends = [*(match.start() for match in starts[1:]), len(code)] if starts else []
    patterns = [TRIGGERS]
    if imported:
        patterns.append(re.compile(rb"\b(?:" + b"|".join(sorted(name.encode() for name in imported)) + rb")\b"))
    return {
        match[1].decode(errors="replace")
        for match, end in zip(starts, ends, strict=True)
        if any(pattern.search(code, match.start(), end) for pattern in patterns)
    }


def _imported(data: bytes, path: str, finder: ModuleFinder, asking: dict[str, None], open_ends: set[str]) -> set[str]:
    found: set[str] = set()
    for base, level, name, alias in _imports(data):
        module = finder.find(base, level, path)
        if module is None:
            continue
        exported = _exports(module, finder, asking, open_ends)
        if name is None:
            if exported:
                found.add(alias)
        elif name == "*":
            found |= exported
        else:
            own = submodule(module, name)
            if name in exported or (own is not None and _exports(own, finder, asking, open_ends)):
                found.add(alias)
    return found


def _imports(data: bytes) -> Iterator[tuple[str, int, str | None, str]]:
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
