"""Tables of a project's own that its modules fill: statements that make one or enter a definition in one."""

from __future__ import annotations

import ast

from gradlint.static.hosts import Host, host_of
from gradlint.static.scopes import Module
from gradlint.static.values import Class, Imported, Instance, Value


def fills_table(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement of a module makes an object of the project's own, or hands a definition to one."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return any(_is_own_object(_bound(module, decorator)) for decorator in statement.decorator_list)
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
        made = _bound(module, statement.value.func)
        return isinstance(made, Imported) or (isinstance(made, Class) and host_of(made) is Host.PLAIN)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return _is_own_object(_bound(module, statement.value.func))
    return False


def _is_own_object(value: Value | None) -> bool:
    return isinstance(value, Instance | Imported)


def _bound(module: Module, expression: ast.expr) -> Value | None:
    """What the name at the root of an expression is bound to."""
    while isinstance(expression, ast.Call | ast.Attribute):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return module.scope.names.get(expression.id) if isinstance(expression, ast.Name) else None
