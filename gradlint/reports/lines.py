"""The source lines that a report shows."""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from typing import Protocol


class Lines(Protocol):
    """The lines of a file, or of one cell of a notebook; none where it cannot be read.

    The path is as the diagnostics have it.
    """

    def __call__(self, path: str, cell: int = 0, /) -> Sequence[str]:
        """The lines."""


def lines_of_program(path: str, cell: int = 0, /) -> Sequence[str]:
    """The lines of a file of this process's own program, which may be a notebook's cell."""
    return [line.rstrip("\r\n") for line in linecache.getlines(path)]


def lines_from_files(known: Mapping[str, bytes] | None = None) -> Lines:
    """Lines read from files, each once; `known` are the bytes of what is no file (standard input)."""
    cache: dict[tuple[str, int], Sequence[str]] = {}
    given = dict(known or {})

    def lines(path: str, cell: int = 0, /) -> Sequence[str]:
        if (path, cell) not in cache:
            cache[path, cell] = _read(path, cell, given.get(path))
        return cache[path, cell]

    return lines


def _read(path: str, cell: int, data: bytes | None) -> Sequence[str]:
    from gradlint.notebooks import NotebookError, read_notebook
    from gradlint.sources import decode, lines_of

    try:
        if data is None:
            with open(path, "rb") as file:
                data = file.read()
        return read_notebook(data).lines(cell) if cell else lines_of(decode(data))
    except (OSError, SyntaxError, UnicodeDecodeError, NotebookError):
        return ()
