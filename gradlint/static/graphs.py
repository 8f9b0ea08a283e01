"""Whether code runs in graphs of TensorFlow 1, where what is computed in setup is a part of the graph and trains."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from gradlint.sources import python_files
from gradlint.static.exports import importers_of
from gradlint.static.modules import ModuleFinder

SIGNS = re.compile(
    rb"^[^#'\"`\n]*\b(?:(?:tf1?|v1|tensorflow)\.(?:placeholder|placeholder_with_default|Session|InteractiveSession"
    rb"|disable_eager_execution|disable_v2_behavior)\(|(?:K|backend)\.(?:placeholder|function)\()",
    re.MULTILINE,
)
"""How code leaves eager execution, other than what a text says of it."""


def in_graphs(path: str, used: Collection[str], finder: ModuleFinder) -> bool:
    """Whether a file, one that it uses, or one of its project that imports it draws a graph for a session to run."""
    drawing = frozenset(file for root in finder.folders for file in _drawing(root))
    if not drawing.isdisjoint({path, *used}):
        return True
    return bool(drawing and drawing & importers_of([path], dict.fromkeys(drawing, finder)))


def forget() -> None:
    """Forget which files draw graphs."""
    _drawing.cache_clear()


@lru_cache(maxsize=4)
def _drawing(root: str) -> tuple[str, ...]:
    """The files below a folder that draw graphs."""
    return tuple(path for path in python_files(root) if _draws(path))


def _draws(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return SIGNS.search(file.read()) is not None
    except OSError:
        return False
