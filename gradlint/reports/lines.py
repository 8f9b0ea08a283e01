"""The source lines that a report shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Lines = Callable[[str], Sequence[str]]
"""The lines of a file by its path as the diagnostics have it; none where it cannot be read."""


def lines_from_files(known: Mapping[str, bytes] | None = None) -> Lines:
    """Lines read from files, each once; `known` are the bytes of what is no file (standard input)."""
    cache: dict[str, Sequence[str]] = {}
    given = dict(known or {})

    def lines(path: str) -> Sequence[str]:
        if path not in cache:
            cache[path] = _read(path, given.get(path))
        return cache[path]

    return lines


def _read(path: str, data: bytes | None) -> Sequence[str]:
    from gradlint.sources import decode, lines_of

    try:
        if data is None:
            with open(path, "rb") as file:
                data = file.read()
        return lines_of(decode(data))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ()
