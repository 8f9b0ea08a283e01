"""The new property: a copy of a method's body with nothing in it but what makes one attribute."""

from __future__ import annotations

import libcst as cst

from gradlint.changes import AddProperty
from gradlint.fixes.places import SEMICOLON, CannotEditError, Places, expressions_of, like, moved, without_blank_lines


def property_of(places: Places, step: AddProperty) -> cst.FunctionDef:
    """The property that a step adds.

    Raises:
        CannotEditError: its body cannot be copied from the method.
    """
    method = places.function(step.method)
    copier = _Copier(places, step)
    block = method.body.visit(copier)
    if not isinstance(block, cst.IndentedBlock) or not block.body:
        raise CannotEditError
    body: list[cst.BaseStatement] = [without_blank_lines(block.body[0]), *block.body[1:]]
    if step.result is None:
        body.append(cst.SimpleStatementLine([cst.Return(cst.Name(step.local))]))
    return cst.FunctionDef(
        name=cst.Name(step.name),
        params=cst.Parameters(params=[cst.Param(cst.Name(step.receiver))]),
        body=block.with_changes(body=body, header=cst.TrailingWhitespace(), footer=()),
        decorators=[cst.Decorator(cst.Name("property"))],
        leading_lines=[cst.EmptyLine(indent=False)],
    )


class _Copier(cst.CSTTransformer):
    """Leaves of a method's body what is to be copied."""

    def __init__(self, places: Places, step: AddProperty) -> None:
        super().__init__()
        self.places, self.step = places, step
        self.kept = {places.statement(span) for span in step.copied}
        self.moved = {places.statement(span) for span in step.moved}
        self.expressions = expressions_of(places, step.substitutes)
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
            return like(self.expressions[original_node], updated_node)
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
            return [moved(updated) if original in self.moved else updated.with_changes(leading_lines=())]
        line = cst.ensure_type(updated, cst.SimpleStatementLine)
        body = [new for old, new in zip(original.body, line.body, strict=True) if old in self.kept]
        if not body:
            return []
        body[-1] = body[-1].with_changes(semicolon=SEMICOLON)
        if not all(old in self.moved for old in original.body):
            return [cst.SimpleStatementLine(body)]
        return [moved(line.with_changes(body=body))]

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
