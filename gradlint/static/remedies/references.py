"""Where an object must exist at setup, it is given the weight itself, or a tensor that is computed when it is read."""

from __future__ import annotations

import ast

from gradlint.changes import Change, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Role
from gradlint.static.knowledge import among, carrier_kind
from gradlint.static.remedies.arrays import library_name
from gradlint.static.remedies.effects import root_of
from gradlint.static.remedies.program import Program, receiver_of

BATCH_SHAPE = "the object's batch shape becomes [1] in place of []"
DEFERRED = "the object's parameter is computed when it is read, and no longer a tensor"
COPIES = frozenset({"tf.convert_to_tensor", "tf.identity"})
READS = frozenset({"read_value", "value"})


def reference_change(program: Program, finding: Diagnostic) -> Change | None:
    """A reference in place of the plain tensor that a constructor of TFP is given."""
    if finding.dialect is Dialect.ANY:
        return None
    for node in program.at.get(finding.span, ()):
        if isinstance(node, ast.expr) and _is_given_to_carrier(program, node):
            change = (
                _uncopied(program, node, finding.dialect)
                or _whole(program, node, finding)
                or _deferred(program, node, finding.dialect)
            )
            if change is not None:
                return change
    return None


def _is_given_to_carrier(program: Program, node: ast.expr) -> bool:
    around = program.parents.get(node)
    if isinstance(around, ast.keyword):
        around = program.parents.get(around)
    if not isinstance(around, ast.Call) or around.func is node:
        return False
    name = program.dotted(around.func)
    return name is not None and name.startswith("tfp.") and carrier_kind(name) is not None


def _weight(program: Program, node: ast.expr) -> str | None:
    """How an expression writes a weight that is an attribute of the method's object."""
    owner = program.method_of(node)
    if owner is None or not isinstance(node, ast.Attribute):
        return None
    return program.text(node) if root_of(node, receiver_of(owner[0])) == f".{node.attr}" else None


def _uncopied(program: Program, node: ast.expr, dialect: Dialect) -> Change | None:
    """The weight without the copy that was made of it: on Keras 2 TFP keeps the variable."""
    if dialect is not Dialect.KERAS_2 or not isinstance(node, ast.Call) or node.keywords:
        return None
    inner = None
    if program.dotted(node.func) in COPIES and len(node.args) == 1:
        inner = node.args[0]
    elif isinstance(node.func, ast.Attribute) and node.func.attr in READS and not node.args:
        inner = node.func.value
    weight = None if inner is None else _weight(program, inner)
    if weight is None:
        return None
    return Change(f"give it `{weight}` itself", (Substitute(program.span(node), weight),))


def _whole(program: Program, node: ast.expr, finding: Diagnostic) -> Change | None:
    """The weight whole, where an index only undoes its shape of [1]."""
    if finding.dialect is not Dialect.KERAS_2 or not isinstance(node, ast.Subscript):
        return None
    weight = _weight(program, node.value)
    first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
    if weight is None or not first or not _has_one_element(program, finding):
        return None
    return Change(f"give it `{weight}` whole", (Substitute(program.span(node), weight),), (BATCH_SHAPE,))


def _has_one_element(program: Program, finding: Diagnostic) -> bool:
    for stop in finding.stops:
        if stop.role is not Role.CREATED:
            continue
        for node in program.at.get(stop.span, ()):
            for keyword in getattr(node, "keywords", ()):
                if keyword.arg == "shape" and isinstance(keyword.value, (ast.List, ast.Tuple)):
                    sizes = [one.value if isinstance(one, ast.Constant) else None for one in keyword.value.elts]
                    return sizes == [1]
    return False


def _deferred(program: Program, node: ast.expr, dialect: Dialect) -> Change | None:
    """`DeferredTensor(weight, function)` in place of `function(weight)`."""
    module = library_name(program, "tfp")
    if module is None or not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    name, weight = program.dotted(node.func), _weight(program, node.args[0])
    if name is None or weight is None or not among("elementwise", name):
        return None
    source = weight if dialect is Dialect.KERAS_2 else f"{weight}.value"
    content = f"{module}.util.DeferredTensor({source}, {program.text(node.func)})"
    return Change(f"give it `{content}`", (Substitute(program.span(node), content),), (DEFERRED,))
