"""The entry of the static half: one source text in, its runs out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradlint.run import Dialect, Run, Span
from gradlint.sources import lines_of, tree_of
from gradlint.static.constructors import Constructors, judge_constructors
from gradlint.static.interpreter import interpret
from gradlint.static.modules import finder_for
from gradlint.static.scopes import Module


@dataclass(frozen=True)
class NotChecked:
    """A part of a file that the interpreter gave up on, and why."""

    span: Span
    reason: str


@dataclass(frozen=True)
class FileAnalysis:
    """What one file came to: a run for each dialect asked for, the number of weights met, what was left out."""

    runs: tuple[Run, ...]
    weights: int
    not_checked: tuple[NotChecked, ...] = ()


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 6000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def analyse_source(
    text: str,
    filename: str,
    dialects: tuple[Dialect, ...],
    path: str = "",
    project: str | None = None,
    constructors: bool = False,
) -> FileAnalysis:
    """Interpret a source text once per dialect, or once for all where no dialect was ever asked for.

    `path` is the absolute path of its file, from which imports are resolved below the root folder `project`; places
    in other files carry their absolute path. With no path, what it imports from the project is opaque.
    `constructors` asks for the journeys of what constructors are given as well.

    Raises:
        SyntaxError: the text is not Python.
        ValueError: it holds NUL bytes.
    """
    tree = tree_of(text)
    module = Module(filename, "__main__", lines_of(text), tree, path=path)
    finder = finder_for(path, project) if path else None
    runs = []
    weights = 0
    not_checked: dict[NotChecked, None] = {}
    with _deep_recursion():
        judged = judge_constructors(module, finder) if constructors else Constructors()
        for node, reason in judged.not_checked:
            not_checked[NotChecked(module.span(node), reason)] = None
        found = None
        for dialect in dialects:
            if found is None or found.depends_on_dialect:
                found = interpret(module, dialect, finder)
            runs.append(Run(tuple(found.journeys), dialect=dialect, constructors=tuple(judged.journeys)))
            weights = max(weights, found.weights)
            for node, reason in found.not_checked:
                not_checked[NotChecked(module.span(node), reason)] = None
    return FileAnalysis(tuple(runs), weights, tuple(not_checked))
