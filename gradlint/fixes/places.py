"""A LibCST tree by the places that steps name, and what of a statement goes along when it moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from gradlint.changes import Substitute
from gradlint.run import Span

Start: TypeAlias = tuple[int, int]
SEMICOLON = cst.MaybeSentinel.DEFAULT
"""A semicolon only where another statement follows."""
SWITCH = re.compile(
    r"#\s*(?:(?:fmt|isort|yapf|black|ruff)\s*:\s*(?:on|off|enable|disable)\b|pylint:\s*(?:en|dis)able=)"
)
"""A comment that is one of a pair: it stays with the other."""


class CannotEditError(Exception):
    """The source is written in a way that the codemod does not know how to change."""


@dataclass
class Places:
    """A tree's nodes by where they stand."""

    module: cst.Module
    statements: dict[Start, cst.CSTNode] = field(default_factory=dict)
    expressions: dict[tuple[Start, Start], cst.CSTNode] = field(default_factory=dict)
    functions: dict[int, cst.FunctionDef] = field(default_factory=dict)
    classes: dict[int, cst.ClassDef] = field(default_factory=dict)
    lines: dict[cst.CSTNode, cst.SimpleStatementLine] = field(default_factory=dict)
    """The line of each small statement."""

    def statement(self, span: Span) -> cst.CSTNode:
        """The statement that begins where `span` does: a small statement of a line, or a compound one."""
        found = self.statements.get((span.row, span.column - 1))
        if found is None:
            raise CannotEditError
        return found

    def expression(self, span: Span) -> cst.CSTNode:
        """The expression at `span`."""
        found = self.expressions.get(((span.row, span.column - 1), (span.end_row, span.end_column - 1)))
        if found is None:
            raise CannotEditError
        return found

    def function(self, span: Span) -> cst.FunctionDef:
        """The function whose `def` stands in the row of `span`."""
        found = self.functions.get(span.row)
        if found is None:
            raise CannotEditError
        return found


def places_of(text: str) -> Places:
    """Parse a text and find its nodes.

    Raises:
        CannotEditError: LibCST cannot parse it.
    """
    try:
        wrapper = MetadataWrapper(cst.parse_module(text))
    except cst.ParserSyntaxError:
        raise CannotEditError from None
    places = Places(wrapper.module)
    where = {node: one for node, one in wrapper.resolve(PositionProvider).items() if isinstance(one, CodeRange)}
    for node, one in where.items():
        start, end = (one.start.line, one.start.column), (one.end.line, one.end.column)
        if isinstance(node, cst.SimpleStatementLine):
            places.lines.update(dict.fromkeys(node.body, node))
        elif isinstance(node, cst.FunctionDef):
            places.functions[where[node.name].start.line] = node
            places.statements[start] = node
        elif isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            places.statements[start] = node
            if isinstance(node, cst.ClassDef):
                places.classes[where[node.name].start.line] = node
        elif isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:
            # Python's own tree has them with their innermost parentheses.
            first, last = where[node.lpar[-1]].start, where[node.rpar[0]].end
            places.expressions[(first.line, first.column), (last.line, last.column)] = node
        elif isinstance(node, cst.BaseExpression):
            places.expressions[start, end] = node
    return places


def expressions_of(places: Places, steps: Iterable[Substitute]) -> dict[cst.CSTNode, cst.BaseExpression]:
    """What is to be written in the place of each expression."""
    return {places.expression(one.span): expression_of(places.module, one.content) for one in steps}


def expression_of(module: cst.Module, content: str) -> cst.BaseExpression:
    """The expression that a source is, in a module of this kind."""
    return cst.parse_expression(content, config=module.config_for_parsing)


def without_blank_lines(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement without the blank lines above it and its comments."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    while lines and lines[0].comment is None:
        lines = lines[1:]
    return statement.with_changes(leading_lines=lines)


def moved(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement for another place, without the comments that are about the place where it stood."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    kept = [one if one.comment is not None else cst.EmptyLine(indent=False) for one in lines if not is_switch(one)]
    return statement.with_changes(leading_lines=kept)


def is_switch(line: cst.EmptyLine) -> bool:
    """Whether a line only switches a tool on or off for what follows."""
    return line.comment is not None and SWITCH.match(line.comment.value) is not None


def like(new: cst.CSTNode, old: cst.CSTNode) -> cst.CSTNode:
    """The new expression in the old one's parentheses."""
    if getattr(old, "lpar", ()) and not getattr(new, "lpar", ()):
        return new.with_changes(lpar=getattr(old, "lpar", ()), rpar=getattr(old, "rpar", ()))
    return new
