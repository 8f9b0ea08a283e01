"""One source text as the remedies look at it: who encloses what, which names mean which library, who assigns what."""

from __future__ import annotations

import ast
import builtins
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from gradlint.diagnostics import Diagnostic
from gradlint.run import Span
from gradlint.static.names import canonical
from gradlint.static.remedies.effects import Effects, effects_of
from gradlint.static.scopes import Module

Definition = ast.FunctionDef | ast.AsyncFunctionDef
FIRST_METHODS = ("__init__", "build", "__post_init__", "__attrs_post_init__", "__new__")
"""What runs when an object is made or built, be it called or not."""


@dataclass(eq=False)
class Program:
    """A parsed text, and what was found in it."""

    module: Module
    findings: tuple[Diagnostic, ...]
    others: Callable[[], tuple[bytes, ...]]
    """Gives the project's other files."""
    suppressed: frozenset[Span] = frozenset()
    """The places of findings that are said to be meant: what they hold stays as it is."""
    frozen: frozenset[Span] = frozenset()
    """The places of findings: what they hold is computed from a weight."""
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    at: dict[Span, list[ast.AST]] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    """Every statement that binds a name at the top level of the module."""

    def __post_init__(self) -> None:
        self.frozen = frozenset(one.span for one in self.findings if one.code.startswith("GRD1"))
        for node in ast.walk(self.module.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if hasattr(node, "lineno"):
                self.at.setdefault(self.module.span(node), []).append(node)
        for node in ast.walk(self.module.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        for statement in self._top_level(self.module.tree.body):
            for name in effects_of(statement, "").binds:
                self.bindings.setdefault(name, []).append(statement)
            if isinstance(statement, ast.Assign):
                self._alias(statement.targets[0], statement.value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                self.libraries[name] = alias.name if alias.asname else name
            elif not node.level and node.module:
                self.libraries[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _alias(self, target: ast.expr, value: ast.expr) -> None:
        """`tfd = tfp.distributions`, also several at once."""
        if isinstance(target, ast.Name):
            library = self.dotted(value)
            if library is not None and len(self.bindings[target.id]) == 1:
                self.libraries.setdefault(target.id, library)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._alias(one, other)

    def _top_level(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            yield statement
            for inner in ("body", "orelse", "finalbody"):
                if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    yield from self._top_level(getattr(statement, inner, []))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands."""
        return self.module.span(node)

    def text(self, node: ast.AST) -> str:
        """The source of a node, as it stands."""
        return ast.get_source_segment("\n".join(self.module.lines), node) or ""

    def text_with(self, node: ast.expr, contents: Iterable[tuple[ast.expr, str]]) -> str:
        """The source of an expression, with other sources in the place of parts of it that do not overlap."""
        text = self.text(node)
        start = self._offset(node.lineno, node.col_offset)
        placed = [
            (self._offset(part.lineno, part.col_offset), self._offset(part.end_lineno, part.end_col_offset), content)
            for part, content in contents
        ]
        for begin, end, content in sorted(placed, reverse=True):
            text = text[: begin - start] + content + text[end - start :]
        return text

    def _offset(self, row: int | None, column: int | None) -> int:
        """How many characters of the text stand before a place as `ast` gives it: a row, and a column in bytes."""
        lines = self.module.lines[: row or 1]
        return sum(len(line) + 1 for line in lines[:-1]) + len(lines[-1].encode()[: column or 0].decode())

    def dotted(self, node: ast.AST) -> str | None:
        """The canonical name of what a dotted expression means, if it is a library's; `builtins.x` for a builtin."""
        path = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = self.libraries.get(node.id)
        if root is None:
            is_builtin = not path and node.id not in self.bindings and hasattr(builtins, node.id)
            return f"builtins.{node.id}" if is_builtin else None
        return canonical(".".join([root, *reversed(path)]))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node belongs to, or is."""
        return next((one for one in (node, *self.around(node)) if isinstance(one, ast.stmt)), None)

    def method_of(self, node: ast.AST) -> tuple[Definition, ast.ClassDef] | None:
        """The method of a class around a node, and the class."""
        inside = node
        for outer in self.around(node):
            if isinstance(outer, ast.ClassDef):
                return (inside, outer) if isinstance(inside, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
            inside = outer
        return None

    def classes(self) -> Iterator[ast.ClassDef]:
        """Every class of the text."""
        return (node for node in ast.walk(self.module.tree) if isinstance(node, ast.ClassDef))

    def is_meant(self, node: ast.AST) -> bool:
        """Whether a node holds the place of a finding that is suppressed."""
        return bool(self.suppressed) and any(
            self.span(part) in self.suppressed for part in ast.walk(node) if isinstance(part, ast.expr)
        )

    def family(self, cls: ast.ClassDef) -> list[ast.ClassDef]:
        """A class with its bases, and all that derive from it or share a heir with it, as far as the text shows."""
        known = {other.name: other for other in self.classes()}
        links: dict[str, set[str]] = {name: set() for name in known}
        for name, other in known.items():
            for base in other.bases:
                if isinstance(base, ast.Name) and base.id in known:
                    links[name].add(base.id)
                    links[base.id].add(name)
        found, waiting = {cls.name}, [cls.name]
        while waiting:
            for name in links.get(waiting.pop(), ()):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return [cls, *(known[name] for name in sorted(found) if known.get(name, cls) is not cls)]

    def methods(self, cls: ast.ClassDef) -> Iterator[Definition]:
        """The functions in the body of a class."""
        return (one for one in cls.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)))

    def method(self, cls: ast.ClassDef, name: str) -> Definition | None:
        """A method by its name, of a class or of those around it; None where there are several."""
        found = [one for member in self.family(cls) for one in self.methods(member) if one.name == name]
        return found[0] if len(found) == 1 else None

    def effects(self, method: Definition) -> Effects:
        """What a method's body does to its object and to the names around it."""
        whole = Effects()
        for statement in method.body:
            one = effects_of(statement, receiver_of(method))
            for name, nodes in one.reads.items():
                whole.reads.setdefault(name, []).extend(nodes)
            whole.binds |= one.binds
            whole.changes |= one.changes
            whole.hides |= one.hides
            whole.computed += one.computed
        return whole


def receiver_of(method: Definition) -> str:
    """What a method calls its object; nothing for a static or class method."""
    names = {one.id for one in method.decorator_list if isinstance(one, ast.Name)}
    arguments = [*method.args.posonlyargs, *method.args.args]
    return arguments[0].arg if arguments and not names & {"staticmethod", "classmethod"} else ""


def function_around(program: Program, node: ast.AST) -> Definition | ast.Lambda | None:
    """The innermost function around a node."""
    return next((one for one in program.around(node) if isinstance(one, (Definition, ast.Lambda))), None)


def is_imported(filename: str, name: str, others: Iterable[bytes]) -> bool:
    """Whether another file that imports this one speaks of a name."""
    stem = os.path.splitext(os.path.basename(filename))[0].encode()
    word = re.compile(rb"\b" + re.escape(name).encode() + rb"\b")
    imports = re.compile(rb"^[ \t]*(?:from|import)\b[^\n]*\b" + re.escape(stem) + rb"\b", re.MULTILINE)
    return any(word.search(data) and imports.search(data) for data in others)
