"""Modules, scopes and the frames that run in them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradlint.run import Span
from gradlint.static.relevance import Relevance
from gradlint.static.values import Class, Place, Value


@dataclass(eq=False)
class Module:
    """One source text with its tree and the names bound at its top level."""

    filename: str
    name: str
    lines: list[str]
    tree: ast.Module
    scope: Scope = field(default_factory=lambda: Scope())
    path: str = ""
    """The file's absolute path; "" for a text that lies in no file."""
    relevance: Relevance | None = None

    def matters(self, node: ast.AST) -> bool:
        """Whether a definition or statement of this module can have to do with a weight."""
        return self.relevance is None or self.relevance.of(node)

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, in characters and counted from 1."""
        row: int = getattr(node, "lineno", 1)
        end_row: int = getattr(node, "end_lineno", None) or row
        return Span(
            self.filename,
            row,
            self._column(row, getattr(node, "col_offset", 0)),
            end_row,
            self._column(end_row, getattr(node, "end_col_offset", 0)),
        )

    def _column(self, row: int, offset: int) -> int:
        if row > len(self.lines):
            return offset + 1
        line = self.lines[row - 1]
        return offset + 1 if line.isascii() else len(line.encode()[:offset].decode(errors="replace")) + 1

    def text(self, node: ast.AST) -> str:
        """The source of a node on one line."""
        span = self.span(node)
        rows = self.lines[span.row - 1 : span.end_row]
        if not rows:
            return ""
        rows = list(rows)
        rows[-1] = rows[-1][: span.end_column - 1]
        rows[0] = rows[0][span.column - 1 :]
        return " ".join(" ".join(rows).split())


@dataclass(eq=False)
class Scope:
    """The names of a module, class body or function call; lookups go on in `parent`."""

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None

    def find(self, name: str) -> Scope | None:
        """The nearest scope that binds `name`."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope


@dataclass(eq=False)
class Frame:
    """One execution of a function body, a class body or a module."""

    module: Module
    scope: Scope
    function: str = ""
    owner: Class | None = None
    receiver: Value | None = None
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    in_order: bool = True
    """Whether what was yielded is all that is, in this order."""
    forks: int = 0
    """How many branches were open when it began."""
    exits: list[tuple[int, Any, Any]] = field(default_factory=list)
    doubts: int = 0
    """How many branches that may be taken have returned from it."""
    resumed: Callable[[Value], None] | None = None
    """What runs where a generator yields that a `with` has entered."""
    outer_names: dict[str, Scope] = field(default_factory=dict)
    """Names declared `global` or `nonlocal`, with the scope that they mean."""


def place_of(node: ast.AST, frame: Frame) -> Place:
    """A node, with the function that runs it."""
    return Place(frame.module, node, frame.function)
