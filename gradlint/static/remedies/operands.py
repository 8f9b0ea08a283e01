"""What stands before a weight and may be an array or number of NumPy.

On Keras 3, NumPy takes the weight behind it for an array, whenever that is computed: no gradient comes back.
"""

from __future__ import annotations

import ast

from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Role
from gradlint.static.remedies.effects import root_of, simple_statements
from gradlint.static.remedies.program import Definition, Program, receiver_of

DEEPEST = 6
NUMBERS = frozenset({"float", "int", "bool", "tf.Tensor", "tf.Variable"})
"""What a parameter may be declared as that NumPy has no part in."""


def reason_of_operand(program: Program, finding: Diagnostic) -> str | None:
    """Why a weight's gradient may stay away although it is read under the tape; None if nothing speaks for it."""
    if finding.dialect is Dialect.KERAS_2 or _is_tf_variable(program, finding):
        return None
    spans = [finding.span, *(stop.span for stop in finding.stops if stop.role is Role.CUT)]
    for node in (one for span in spans for one in program.at.get(span, ())):
        if isinstance(node, ast.BinOp) and program.text(node.left) != finding.weight:
            bare = isinstance(node.right, (ast.Name, ast.Attribute))
            if bare and _may_be_array(program, node.left, 0):
                return f"on Keras 3 the gradient stays away if `{program.text(node.left)}` is an array of NumPy"
    return None


def _is_tf_variable(program: Program, finding: Diagnostic) -> bool:
    """Whether a weight is a `tf.Variable`, which NumPy leaves alone."""
    created = [node for stop in finding.stops if stop.role is Role.CREATED for node in program.at.get(stop.span, ())]
    return any(isinstance(node, ast.Call) and program.dotted(node.func) == "tf.Variable" for node in created)


def _may_be_array(program: Program, node: ast.expr, depth: int) -> bool:
    if depth > DEEPEST:
        return True
    if isinstance(node, (ast.Constant, ast.List, ast.Tuple)):
        return False
    if isinstance(node, ast.UnaryOp):
        return _may_be_array(program, node.operand, depth + 1)
    if isinstance(node, ast.Subscript):
        return _may_be_array(program, node.value, depth + 1)
    if isinstance(node, ast.BinOp):
        return any(_may_be_array(program, one, depth + 1) for one in (node.left, node.right))
    if isinstance(node, ast.IfExp):
        return any(_may_be_array(program, one, depth + 1) for one in (node.body, node.orelse))
    if isinstance(node, ast.Call):
        name = program.dotted(node.func)
        if name is None:
            added = isinstance(node.func, ast.Attribute) and node.func.attr == "add_weight"
            return not added
        return not name.startswith(("tf.", "tfp.", "keras.", "builtins."))
    found = program.method_of(node)
    if isinstance(node, ast.Attribute) and found is not None:
        return _attribute_may_be(program, node, *found, depth)
    if isinstance(node, ast.Name):
        return _name_may_be(program, node, found[0] if found is not None else None, depth)
    return True


def _attribute_may_be(program: Program, node: ast.Attribute, method: Definition, cls: ast.ClassDef, depth: int) -> bool:
    """Whether anything that the methods of a class assign to an attribute may be an array."""
    if root_of(node, receiver_of(method)) != f".{node.attr}":
        return True
    assigned = [
        statement.value
        for owner in program.family(cls)
        for other in program.methods(owner)
        for statement in simple_statements(other.body)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if root_of(target, receiver_of(other)) == f".{node.attr}"
    ]
    return not assigned or any(_may_be_array(program, value, depth + 1) for value in assigned)


def _name_may_be(program: Program, node: ast.Name, method: Definition | None, depth: int) -> bool:
    if method is not None:
        assigned = [
            statement.value
            for statement in simple_statements(method.body)
            if isinstance(statement, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in statement.targets)
        ]
        if assigned:
            return any(_may_be_array(program, value, depth + 1) for value in assigned)
        defaults = _defaults(method)
        if node.id in defaults:
            parameter, default = defaults[node.id]
            declared = parameter.annotation is not None and program.text(parameter.annotation) in NUMBERS
            given = default is not None and not _may_be_array(program, default, depth + 1)
            return not (declared or given or method.name == "build")
    bound = program.bindings.get(node.id, [])
    if len(bound) == 1 and isinstance(bound[0], ast.Assign):
        return _may_be_array(program, bound[0].value, depth + 1)
    return True


def _defaults(method: Definition) -> dict[str, tuple[ast.arg, ast.expr | None]]:
    """The parameters of a method with their defaults."""
    signature = method.args
    positional = [*signature.posonlyargs, *signature.args]
    without: list[ast.expr | None] = [None] * (len(positional) - len(signature.defaults))
    pairs = [
        *zip(positional, [*without, *signature.defaults], strict=True),
        *zip(signature.kwonlyargs, signature.kw_defaults, strict=True),
    ]
    return {parameter.arg: (parameter, default) for parameter, default in pairs}
