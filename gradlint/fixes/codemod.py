"""Carrying out a `Change` on a LibCST tree, which keeps every byte that it does not change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, cast

import libcst as cst

from gradlint.changes import (
    AddProperty,
    Change,
    DeriveFrom,
    Insert,
    InsertBefore,
    MoveInto,
    Remove,
    RemoveDecorator,
    Substitute,
    Unwrap,
)
from gradlint.fixes.copying import property_of
from gradlint.fixes.places import (
    SEMICOLON,
    CannotEditError,
    Places,
    expression_of,
    expressions_of,
    is_switch,
    like,
    moved,
    places_of,
    without_blank_lines,
)

__all__ = ["CannotEditError", "changed"]

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement


def changed(text: str, change: Change) -> str:
    """The text with a change carried out.

    Raises:
        CannotEditError: it cannot be.
    """
    places = places_of(text)
    editor = _Editor(places)
    for step in change.steps:
        if isinstance(step, AddProperty):
            editor.behind.setdefault(places.function(step.method), []).append(property_of(places, step))
            editor.carried |= {places.statement(span) for span in step.moved}
        elif isinstance(step, Remove):
            editor.removed.add(places.statement(step.span))
        elif isinstance(step, InsertBefore):
            lines = _parsed(places.module, step.lines)
            editor.before.setdefault(places.statement(step.span), []).extend(lines)
        elif isinstance(step, Insert):
            statements = [places.statement(span) for span in step.statements]
            body = places.function(step.function).body
            editor.in_copies |= expressions_of(places, step.substitutes)
            if isinstance(body, cst.SimpleStatementSuite):
                editor.starts.setdefault(body, []).extend(statements)
            else:
                editor.first.setdefault(body, []).extend(editor.lines_of(statements))
            editor.carried |= {*statements}
        elif isinstance(step, Substitute):
            editor.substitute(places.expression(step.span), step.content)
        elif isinstance(step, Unwrap):
            editor.unwrapped.add(places.statement(step.span))
        elif isinstance(step, MoveInto):
            editor.move(step, places)
        elif isinstance(step, DeriveFrom):
            editor.bases[places.classes[step.span.row]] = expression_of(places.module, step.base)
        elif isinstance(step, RemoveDecorator):
            editor.undecorated.add(places.expression(step.span))
    return places.module.visit(editor).code


def _parsed(module: cst.Module, lines: Iterable[str]) -> list[Statement]:
    return [cst.parse_statement(line, config=module.config_for_parsing) for line in lines]


class _Substituter(cst.CSTTransformer):
    """Writes other expressions into copies."""

    def __init__(self, expressions: dict[cst.CSTNode, cst.BaseExpression]) -> None:
        super().__init__()
        self.expressions = expressions

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        found = self.expressions.get(original_node)
        return updated_node if found is None else like(found, updated_node)


class _Editor(cst.CSTTransformer):
    """Carries out everything but the new properties' bodies."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places
        self.removed: set[cst.CSTNode] = set()
        self.before: dict[cst.CSTNode, list[Statement]] = {}
        self.behind: dict[cst.CSTNode, list[cst.FunctionDef]] = {}
        self.first: dict[cst.CSTNode, list[cst.BaseStatement]] = {}
        self.expressions: dict[cst.CSTNode, cst.BaseExpression] = {}
        self.unwrapped: set[cst.CSTNode] = set()
        self.undecorated: set[cst.CSTNode] = set()
        self.bases: dict[cst.CSTNode, cst.BaseExpression] = {}
        self.ends: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self.starts: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self.in_copies: dict[cst.CSTNode, cst.BaseExpression] = {}
        self.comments: dict[cst.CSTNode, list[cst.Comment]] = {}
        """What stood within an expression that something else is written for."""
        self.carried: set[cst.CSTNode] = set()
        """What goes, and takes its comments along."""

    def substitute(self, expression: cst.CSTNode, content: str) -> None:
        """Write something else for an expression; the comments within it go above its line."""
        self.expressions[expression] = expression_of(self.places.module, content)
        comments = [one for one in _nodes_of(expression) if isinstance(one, cst.Comment) and one.value not in content]
        if comments:
            found = (line for small, line in self.places.lines.items() if expression in _nodes_of(small))
            line = next(found, None)
            if line is None:
                raise CannotEditError
            self.comments.setdefault(line, []).extend(comments)

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if original_node in self.expressions:
            return like(self.expressions[original_node], updated_node)
        if original_node in self.bases:
            arguments = [cst.Arg(self.bases[original_node])]
            return updated_node.with_changes(bases=arguments, lpar=cst.LeftParen(), rpar=cst.RightParen())
        if isinstance(original_node, cst.FunctionDef) and self.undecorated:
            return self._undecorated(original_node, cst.ensure_type(updated_node, cst.FunctionDef))
        if isinstance(original_node, (cst.IndentedBlock, cst.Module)):
            return self._block(original_node, updated_node)
        if isinstance(original_node, cst.SimpleStatementSuite) and (
            original_node in self.starts or original_node in self.ends
        ):
            lines = [cst.SimpleStatementLine([one.with_changes(semicolon=SEMICOLON)]) for one in original_node.body]
            header = cst.ensure_type(updated_node, cst.SimpleStatementSuite).trailing_whitespace
            return self._filled(original_node, cst.IndentedBlock(lines, header=header))
        if isinstance(original_node, cst.SimpleStatementSuite):
            return self._suite(original_node, cst.ensure_type(updated_node, cst.SimpleStatementSuite))
        if isinstance(original_node, (cst.If, cst.For, cst.While)) and isinstance(original_node.orelse, cst.Else):
            return self._without_empty_else(original_node.orelse, updated_node)
        return updated_node

    def _suite(self, original: cst.SimpleStatementSuite, updated: cst.SimpleStatementSuite) -> cst.SimpleStatementSuite:
        """The small statements behind a colon."""
        body: list[cst.BaseSmallStatement] = []
        for old, new in zip(original.body, updated.body, strict=True):
            body += [small for line in self.before.get(old, ()) for small in _small(line)]
            body += [] if old in self.removed else [new]
        if body == [*updated.body]:
            return updated
        body = [*body[:-1], body[-1].with_changes(semicolon=SEMICOLON)] if body else [cst.Pass()]
        return updated.with_changes(body=body)

    def _without_empty_else(self, original: cst.Else, updated: cst.CSTNode) -> cst.CSTNode:
        """A statement without an `else` that says nothing any more."""
        orelse = getattr(updated, "orelse", None)
        if not isinstance(orelse, cst.Else) or not isinstance(orelse.body, cst.IndentedBlock) or orelse.body.footer:
            return updated
        passes = all(_is_pass(one) and not getattr(one, "leading_lines", ()) for one in orelse.body.body)
        said = any(not _is_pass(one) for one in original.body.body if isinstance(one, cst.BaseStatement))
        return updated.with_changes(orelse=None) if passes and said else updated

    def move(self, step: MoveInto, places: Places) -> None:
        """Move statements into the body of a `with`."""
        statements = [places.statement(span) for span in step.statements]
        body = cst.ensure_type(places.statement(step.block), cst.With).body
        (self.starts if step.at_start else self.ends).setdefault(body, []).extend(statements)
        self.removed |= set() if step.copies else set(statements)
        self.carried |= set(statements)

    def lines_of(self, statements: list[cst.CSTNode]) -> list[cst.BaseStatement]:
        """The lines of statements, comments included."""
        found: list[cst.CSTNode] = []
        for one in statements:
            line = self.places.lines.get(one)
            if isinstance(one, cst.BaseCompoundStatement):
                found.append(one)
                continue
            if line is None:
                raise CannotEditError
            alone = cst.SimpleStatementLine([cast("cst.BaseSmallStatement", one).with_changes(semicolon=SEMICOLON)])
            found.append(line if len(line.body) == 1 else alone)
        copier = _Substituter(self.in_copies)
        copies = [moved(cast("cst.BaseStatement", one.visit(copier))) for one in found]
        return [without_blank_lines(one) for one in copies[:1]] + copies[1:]

    def _undecorated(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.FunctionDef:
        pairs = zip(original.decorators, updated.decorators, strict=True)
        kept = [new for old, new in pairs if old.decorator not in self.undecorated]
        if len(kept) == len(original.decorators):
            return updated
        if kept:
            return updated.with_changes(decorators=kept)
        # the function's own comments stand above its decorators
        return updated.with_changes(decorators=[], lines_after_decorators=())

    def _block(self, original: cst.IndentedBlock | cst.Module, updated: cst.CSTNode) -> cst.CSTNode:
        block = cast("cst.IndentedBlock | cst.Module", updated)
        body: list[cst.BaseStatement] = []
        left: list[cst.EmptyLine] = []
        changed = original in self.first
        for old, new in zip(original.body, block.body, strict=True):
            replaced = self._replaced(old, new, left)
            changed |= len(replaced) != 1 or replaced[0] is not new
            for one in replaced:
                if left:
                    one = one.with_changes(leading_lines=[*left, *getattr(one, "leading_lines", ())])
                    left = []
                body.append(one)
        if original in self.first:
            behind = 1 if body and _is_docstring(body[0]) else 0
            body[behind:behind] = self.first[original]
        if original in self.starts or original in self.ends:
            return self._filled(original, block.with_changes(body=body, footer=[*left, *block.footer]))
        if not changed:
            return updated
        if isinstance(block, cst.IndentedBlock):
            if not body:
                body = [cst.SimpleStatementLine([cst.Pass()])]
            return block.with_changes(body=body, footer=[*left, *block.footer])
        return block.with_changes(body=body, footer=[*left, *block.footer])

    def _filled(self, original: cst.CSTNode, block: cst.IndentedBlock | cst.Module) -> cst.CSTNode:
        """A block with what moves to its start and its end."""
        body = [] if all(_is_pass(one) for one in block.body) else [*block.body]
        starts, ends = (self.lines_of(given.get(original, [])) for given in (self.starts, self.ends))
        return block.with_changes(body=[*starts, *body, *ends])

    def _replaced(
        self, old: cst.BaseStatement, new: cst.BaseStatement, left: list[cst.EmptyLine]
    ) -> list[cst.BaseStatement]:
        """What stands in a statement's place. Comments above one that goes are added to `left`."""
        if isinstance(old, cst.SimpleStatementLine):
            return self._line(old, cst.ensure_type(new, cst.SimpleStatementLine), left)
        result: list[cst.BaseStatement] = [*self.before.get(old, ())]
        if result:
            result[0] = result[0].with_changes(leading_lines=getattr(new, "leading_lines", ()))
            new = new.with_changes(leading_lines=())
        if old in self.removed:
            left += _staying(new, old in self.carried)
            return result
        if old in self.unwrapped:
            holder = new.handlers[0] if isinstance(new, cst.Try) else new
            inner = getattr(holder, "body", None)
            if not isinstance(inner, cst.IndentedBlock):
                raise CannotEditError
            lines = [*getattr(new, "leading_lines", ())]
            first, *rest = inner.body
            return [*result, first.with_changes(leading_lines=[*lines, *getattr(first, "leading_lines", ())]), *rest]
        return [*result, new, *self.behind.get(old, ())]

    def _line(
        self, old: cst.SimpleStatementLine, new: cst.SimpleStatementLine, left: list[cst.EmptyLine]
    ) -> list[cst.BaseStatement]:
        inserted = [one for small in old.body for one in self.before.get(small, ())]
        result: list[cst.BaseStatement] = [*inserted]
        comments = [cst.EmptyLine(comment=one) for one in self.comments.get(old, ())]
        lines = [*new.leading_lines, *comments]
        if not self.removed & set(old.body):
            if comments:
                new = new.with_changes(leading_lines=lines)
            if inserted:
                result[0] = result[0].with_changes(leading_lines=lines)
                new = new.with_changes(leading_lines=())
            return [*result, new]
        body = [b for a, b in zip(old.body, new.body, strict=True) if a not in self.removed]
        if body:
            body[-1] = body[-1].with_changes(semicolon=SEMICOLON)
            return [*result, new.with_changes(body=body)]
        if inserted:
            carried = self.carried & set(old.body)
            kept = [one for one in lines if one.comment is None or is_switch(one)] if carried else lines
            result[0] = result[0].with_changes(leading_lines=kept)
        else:
            left += _staying(new, bool(self.carried & set(old.body)))
        return result


def _nodes_of(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all within it."""
    yield node
    for child in node.children:
        yield from _nodes_of(child)


def _small(line: Statement) -> Sequence[cst.BaseSmallStatement]:
    """What a line of its own is among others behind a colon."""
    if not isinstance(line, cst.SimpleStatementLine):
        raise CannotEditError
    return line.body


def _staying(statement: cst.BaseStatement, is_carried: bool) -> list[cst.EmptyLine]:
    """The comments above a statement that do not go where it goes."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return [one for one in lines if one.comment is not None and (is_switch(one) or not is_carried)]


def _is_pass(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(one, cst.Pass) for one in statement.body)


def _is_docstring(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
