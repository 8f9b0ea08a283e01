"""Carrying out a `Change` on a LibCST tree, which keeps every byte that it does not change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

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
from gradlint.run import Span

Start: TypeAlias = tuple[int, int]
Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement
SEMICOLON = cst.MaybeSentinel.DEFAULT
"""A semicolon only where another statement follows."""
SWITCH = re.compile(
    r"#\s*(?:(?:fmt|isort|yapf|black|ruff)\s*:\s*(?:on|off|enable|disable)\b|pylint:\s*(?:en|dis)able=)"
)
"""A comment that is one of a pair: it stays with the other."""
Nodes: TypeAlias = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]


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


def changed(text: str, change: Change) -> str:
    """The text with a change carried out.

    Raises:
        CannotEditError: it cannot be.
    """
    places = places_of(text)
    editor = _Editor(places)
    for step in change.steps:
        if isinstance(step, AddProperty):
            editor.behind.setdefault(places.function(step.method), []).append(_property(places, step))
            editor.carried |= {places.statement(span) for span in step.moved}
        elif isinstance(step, Remove):
            editor.removed.add(places.statement(step.span))
        elif isinstance(step, InsertBefore):
            lines = _parsed(places.module, step.lines)
            editor.before.setdefault(places.statement(step.span), []).extend(lines)
        elif isinstance(step, Insert):
            statements = [places.statement(span) for span in step.statements]
            body = places.function(step.function).body
            editor.in_copies |= _expressions(places, step.substitutes)
            if isinstance(body, cst.SimpleStatementSuite):
                editor.starts.setdefault(body, []).extend(statements)
            else:
                editor.first.setdefault(body, []).extend(editor.lines_of(statements))
            editor.carried |= {*statements}
        elif isinstance(step, Substitute):
            editor.expressions[places.expression(step.span)] = _expression(places.module, step.content)
        elif isinstance(step, Unwrap):
            editor.unwrapped.add(places.statement(step.span))
        elif isinstance(step, MoveInto):
            editor.move(step, places)
        elif isinstance(step, DeriveFrom):
            editor.bases[places.classes[step.span.row]] = _expression(places.module, step.base)
        elif isinstance(step, RemoveDecorator):
            editor.undecorated.add(places.expression(step.span))
    return places.module.visit(editor).code


def _expressions(places: Places, steps: Iterable[Substitute]) -> dict[cst.CSTNode, cst.BaseExpression]:
    return {places.expression(one.span): _expression(places.module, one.content) for one in steps}


def _parsed(module: cst.Module, lines: Iterable[str]) -> list[Statement]:
    return [cst.parse_statement(line, config=module.config_for_parsing) for line in lines]


def _expression(module: cst.Module, content: str) -> cst.BaseExpression:
    return cst.parse_expression(content, config=module.config_for_parsing)


# -- the new property -------------------------------------------------------------------------------------------


def _property(places: Places, step: AddProperty) -> cst.FunctionDef:
    method = places.function(step.method)
    copier = _Copier(places, step)
    block = method.body.visit(copier)
    if not isinstance(block, cst.IndentedBlock) or not block.body:
        raise CannotEditError
    body: list[cst.BaseStatement] = [_without_blank_lines(block.body[0]), *block.body[1:]]
    if step.result is None:
        body.append(cst.SimpleStatementLine([cst.Return(cst.Name(step.local))]))
    return cst.FunctionDef(
        name=cst.Name(step.name),
        params=cst.Parameters(params=[cst.Param(cst.Name(step.receiver))]),
        body=block.with_changes(body=body, header=cst.TrailingWhitespace(), footer=()),
        decorators=[cst.Decorator(cst.Name("property"))],
        leading_lines=[cst.EmptyLine(indent=False)],
    )


def _without_blank_lines(statement: cst.BaseStatement) -> cst.BaseStatement:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    while lines and lines[0].comment is None:
        lines = lines[1:]
    return statement.with_changes(leading_lines=lines)


def _moved(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement for another place, without the comments that are about the place where it stood."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    kept = [one if one.comment is not None else cst.EmptyLine(indent=False) for one in lines if not _switches(one)]
    return statement.with_changes(leading_lines=kept)


def _switches(line: cst.EmptyLine) -> bool:
    """Whether a line only switches a tool on or off for what follows."""
    return line.comment is not None and SWITCH.match(line.comment.value) is not None


class _Substituter(cst.CSTTransformer):
    """Writes other expressions into copies."""

    def __init__(self, expressions: dict[cst.CSTNode, cst.BaseExpression]) -> None:
        super().__init__()
        self.expressions = expressions

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        found = self.expressions.get(original_node)
        return updated_node if found is None else _like(found, updated_node)


class _Copier(cst.CSTTransformer):
    """Leaves of a method's body what is to be copied."""

    def __init__(self, places: Places, step: AddProperty) -> None:
        super().__init__()
        self.places, self.step = places, step
        self.kept = {places.statement(span) for span in step.copied}
        self.moved = {places.statement(span) for span in step.moved}
        self.expressions = _expressions(places, step.substitutes)
        self.result = None if step.result is None else places.expression(step.result)
        self.unwrapped = {places.statement(span) for span in step.unwrapped}
        self.depth = 0
        self.without_handlers: set[cst.CSTNode] = set()
        """Where `try` only guarded what goes elsewhere: the property may raise what it raises."""

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            self.depth += 1
        return True

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if isinstance(original_node, cst.FunctionDef):
            self.depth -= 1
        if original_node in self.expressions:
            return _like(self.expressions[original_node], updated_node)
        if self.depth:
            return updated_node
        if isinstance(original_node, cst.BaseSmallStatement) and self.result is not None:
            return self._returning(original_node, updated_node)
        if isinstance(updated_node, cst.IndentedBlock) and isinstance(original_node, cst.IndentedBlock):
            pairs = zip(original_node.body, updated_node.body, strict=True)
            body = [one for pair in pairs for one in self._kept(*pair)]
            return updated_node.with_changes(body=body, footer=())
        if isinstance(updated_node, cst.SimpleStatementSuite) and isinstance(original_node, cst.SimpleStatementSuite):
            small = zip(original_node.body, updated_node.body, strict=True)
            lines = [new.with_changes(semicolon=SEMICOLON) for old, new in small if old in self.kept]
            return cst.IndentedBlock([cst.SimpleStatementLine([one]) for one in lines])
        return self._compound(original_node, updated_node)

    def _returning(self, original: cst.BaseSmallStatement, updated: cst.CSTNode) -> cst.CSTNode:
        if isinstance(original, (cst.Assign, cst.AnnAssign)) and original.value is self.result:
            value = updated.value if isinstance(updated, (cst.Assign, cst.AnnAssign)) else None
            return cst.Return(value)
        if isinstance(original, cst.Expr) and isinstance(original.value, cst.Call):
            last = original.value.args[-1:]
            if last and last[0].value is self.result and isinstance(updated, cst.Expr):
                return cst.Return(cst.ensure_type(updated.value, cst.Call).args[-1].value)
        return updated

    def _kept(self, original: cst.BaseStatement, updated: cst.BaseStatement) -> list[cst.BaseStatement]:
        if not isinstance(original, cst.SimpleStatementLine):
            if original not in self.kept:
                return []
            if original in self.unwrapped:
                return [*cst.ensure_type(getattr(updated, "body", None), cst.IndentedBlock).body]
            if original in self.without_handlers:
                return [*cst.ensure_type(cst.ensure_type(updated, cst.Try).body, cst.IndentedBlock).body]
            return [_moved(updated) if original in self.moved else updated.with_changes(leading_lines=())]
        line = cst.ensure_type(updated, cst.SimpleStatementLine)
        body = [new for old, new in zip(original.body, line.body, strict=True) if old in self.kept]
        if not body:
            return []
        body[-1] = body[-1].with_changes(semicolon=SEMICOLON)
        if not all(old in self.moved for old in original.body):
            return [cst.SimpleStatementLine(body)]
        return [_moved(line.with_changes(body=body))]

    def _compound(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        if isinstance(original, cst.If) and isinstance(updated, cst.If):
            updated = updated.with_changes(body=_or_pass(updated.body))
            if isinstance(original.orelse, cst.If) and original.orelse not in self.kept:
                return updated.with_changes(orelse=None)
        if isinstance(original, cst.Try) and isinstance(updated, cst.Try) and not _catches_to_keep(updated):
            self.without_handlers.add(original)
        if isinstance(updated, (cst.For, cst.While, cst.With, cst.Try)):
            updated = updated.with_changes(body=_or_pass(updated.body))
        if isinstance(updated, (cst.If, cst.For, cst.While, cst.Try)):
            orelse = updated.orelse
            if isinstance(orelse, cst.Else) and not cst.ensure_type(orelse.body, cst.IndentedBlock).body:
                updated = updated.with_changes(orelse=None)
        if isinstance(updated, cst.Try):
            handlers = [one.with_changes(body=_or_pass(one.body)) for one in updated.handlers]
            last = updated.finalbody
            last = None if last is None or (handlers and not last.body.body) else last
            last = None if last is None else last.with_changes(body=_or_pass(last.body))
            updated = updated.with_changes(handlers=handlers, finalbody=last)
        return updated


def _catches_to_keep(statement: cst.Try) -> bool:
    """Whether a handler, the `else` or the `finally` of a copied `try` does anything for the attribute's value."""
    suites = [one.body for one in statement.handlers]
    suites += [one.body for one in (statement.orelse, statement.finalbody) if one is not None]
    return any(not isinstance(suite, cst.IndentedBlock) or suite.body for suite in suites)


def _or_pass(block: cst.BaseSuite) -> cst.BaseSuite:
    if isinstance(block, cst.IndentedBlock) and not block.body:
        return block.with_changes(body=[cst.SimpleStatementLine([cst.Pass()])])
    return block


def _like(new: cst.CSTNode, old: cst.CSTNode) -> cst.CSTNode:
    """The new expression in the old one's parentheses."""
    if getattr(old, "lpar", ()) and not getattr(new, "lpar", ()):
        return new.with_changes(lpar=getattr(old, "lpar", ()), rpar=getattr(old, "rpar", ()))
    return new


# -- the rest of the module -------------------------------------------------------------------------------------


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
        self.carried: set[cst.CSTNode] = set()
        """What goes, and takes its comments along."""

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if original_node in self.expressions:
            return _like(self.expressions[original_node], updated_node)
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
        if {*self.before} & {*original.body}:
            raise CannotEditError
        kept = [new for old, new in zip(original.body, updated.body, strict=True) if old not in self.removed]
        if len(kept) == len(original.body):
            return updated
        body = [*kept[:-1], kept[-1].with_changes(semicolon=SEMICOLON)] if kept else [cst.Pass()]
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
        copies = [_moved(cast("cst.BaseStatement", one.visit(copier))) for one in found]
        return [_without_blank_lines(one) for one in copies[:1]] + copies[1:]

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
        lines = [*new.leading_lines]
        if not self.removed & set(old.body):
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
            kept = [one for one in lines if one.comment is None or _switches(one)] if carried else lines
            result[0] = result[0].with_changes(leading_lines=kept)
        else:
            left += _staying(new, bool(self.carried & set(old.body)))
        return result


def _staying(statement: cst.BaseStatement, is_carried: bool) -> list[cst.EmptyLine]:
    """The comments above a statement that do not go where it goes."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return [one for one in lines if one.comment is not None and (_switches(one) or not is_carried)]


def _is_pass(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(one, cst.Pass) for one in statement.body)


def _is_docstring(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
