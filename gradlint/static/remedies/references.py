"""Where an object must exist at setup, it is given the weight itself, or a tensor that is computed when it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.changes import Change, InsertBefore, Remove, Step, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Role
from gradlint.static.knowledge import among, carrier_kind, inverse
from gradlint.static.remedies.arrays import library_name
from gradlint.static.remedies.effects import blocks_of, effects_of, parameters, root_of
from gradlint.static.remedies.program import Definition, Program, function_around, receiver_of

BATCH_SHAPE = "the object's batch shape becomes [1] in place of []"
DEFERRED = "the object's parameter is computed when it is read, and no longer a tensor"
RETURNED = "Keras 2 listed what `assign` returned as another variable"
COPIES = frozenset({"tf.convert_to_tensor", "tf.identity"})
READS = frozenset({"read_value", "value"})


def reference_change(program: Program, finding: Diagnostic) -> Change | None:
    """A reference in place of the plain tensor that a constructor of TFP is given."""
    for node in program.at.get(finding.span, ()):
        if not isinstance(node, ast.expr):
            continue
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and among("assigning_methods", node.func.attr)
        ):
            return _variable_itself(program, node, node.func)
        change = None
        if _is_given_to_carrier(program, node):
            change = _uncopied(program, node, finding.dialect) or _whole(program, node, finding)
        given = _given(program, node)
        if change is None and given is not None:
            change = _deferred(program, given, finding)
        if change is not None:
            return change
    return None


def _variable_itself(program: Program, call: ast.Call, function: ast.Attribute) -> Change | None:
    """The variable that is assigned to, where what `assign` returns was kept."""
    around = program.parents.get(call)
    variable = program.text(function.value)
    if not isinstance(around, ast.Assign) or not isinstance(function.value, (ast.Name, ast.Attribute)):
        return None
    first = InsertBefore(program.span(around), (program.text(call),))
    steps: tuple[Step, ...] = (first, Substitute(program.span(call), variable))
    if [program.text(target) for target in around.targets] == [variable]:
        steps = (first, Remove(program.span(around)))
    return Change(f"keep `{variable}` itself", steps, (RETURNED,))


def _given(program: Program, node: ast.expr) -> ast.expr | None:
    """The expression around a node that a constructor of TFP is given."""
    while not _is_given_to_carrier(program, node):
        around = program.parents.get(node)
        if not isinstance(around, (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript)) or node in (
            getattr(around, "func", None),
            getattr(around, "slice", None),
        ):
            return None
        node = around
    return node


def _is_given_to_carrier(program: Program, node: ast.expr) -> bool:
    around = program.parents.get(node)
    if isinstance(around, ast.keyword):
        around = program.parents.get(around)
    if not isinstance(around, ast.Call) or around.func is node:
        return False
    name = program.dotted(around.func)
    return name is not None and name.startswith("tfp.") and carrier_kind(name) is not None


def _weight(program: Program, node: ast.expr) -> str | None:
    """How an expression writes a weight that is an attribute of the method's object, or of a function's parameter."""
    function = function_around(program, node)
    if not isinstance(node, ast.Attribute) or not isinstance(function, Definition):
        return None
    owner = program.method_of(node)
    objects = [receiver_of(owner[0])] if owner is not None else parameters(function)
    return program.text(node) if any(root_of(node, one) == f".{node.attr}" for one in objects) else None


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
    if weight is None or not first or _sizes(program, finding) != [1]:
        return None
    return Change(f"give it `{weight}` whole", (Substitute(program.span(node), weight),), (BATCH_SHAPE,))


def _deferred(program: Program, node: ast.expr, finding: Diagnostic) -> Change | None:
    """`DeferredTensor(weight, function)` in place of what is computed from a weight, number by number."""
    module = library_name(program, "tfp")
    if module is None:
        return None
    inner, shape = node, ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        if len(_sizes(program, finding) or ()) != 1:
            return None
        inner, shape = node.value, ", shape=[]"
    whole = _from_inverse(program, node, module, finding)
    if whole is not None:
        return Change(f"give it `{whole}`", (Substitute(program.span(node), whole),), (DEFERRED,))
    if isinstance(inner, ast.Call) and _applied(program, inner) is not None:
        given = inner.args[0]  # TFP asks the bijector for the shape
        weights = [_weight(program, given) or _local(program, given, finding) or _inline(program, given, finding)]
    else:
        weights = list(dict.fromkeys(_leaves(program, inner, finding)))
    if len(weights) != 1 or weights[0] is None:
        return None
    weight = weights[0]
    source = weight
    if not _is_variable(program, finding):
        if finding.dialect is Dialect.ANY:
            return None
        source = weight if finding.dialect is Dialect.KERAS_2 else f"{weight}.value"
    content = f"{module}.util.DeferredTensor({source}, {_function(program, node, weight)}{shape})"
    return Change(f"give it `{content}`", (Substitute(program.span(node), content),), (DEFERRED,))


def _from_inverse(program: Program, node: ast.expr, module: str, finding: Diagnostic) -> str | None:
    """`TransformedVariable(start, bijector)` for `f(tf.Variable(inverse(start)))`."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or _inline(program, node.args[0], finding) is None:
        return None
    variable = node.args[0]
    start = variable.args[0] if isinstance(variable, ast.Call) and len(variable.args) == 1 else None
    if not isinstance(start, ast.Call) or len(start.args) != 1 or start.keywords or not isinstance(variable, ast.Call):
        return None
    given = [program.text(keyword) for keyword in variable.keywords]
    bijector = _applied(program, node)
    if bijector is not None:
        undone = isinstance(start.func, ast.Attribute) and start.func.attr == "inverse"
        if not undone or program.text(start.func) != f"{program.text(bijector)}.inverse":
            return None
        written = program.text(bijector)
    else:
        found = inverse(program.dotted(node.func) or "")
        if found is None or program.dotted(start.func) != found["function"]:
            return None
        written = f"{module}.bijectors.{found['bijector']}()"
    arguments = [program.text(start.args[0]), written, *given]
    return f"{module}.util.TransformedVariable({', '.join(arguments)})"


def _leaves(program: Program, node: ast.expr, finding: Diagnostic) -> Iterator[str | None]:
    """The weights that an expression is computed from, number by number; None for anything else."""
    weight = _weight(program, node) or _local(program, node, finding) or _inline(program, node, finding)
    if weight is not None:
        yield weight
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)):
        for side in (node.left, node.right):
            if not (isinstance(side, ast.Constant) and isinstance(side.value, (int, float))):
                yield from _leaves(program, side, finding)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from _leaves(program, node.operand, finding)
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        name = program.dotted(node.func)
        if name is not None and among("elementwise", name):
            yield from _leaves(program, node.args[0], finding)
        else:
            yield None
    else:
        yield None


def _inline(program: Program, node: ast.expr, finding: Diagnostic) -> str | None:
    """The source of a `tf.Variable(…)` that is the finding's weight, and that only the constructor is given."""
    made = isinstance(node, ast.Call) and program.dotted(node.func) == "tf.Variable"
    created = {stop.span for stop in finding.stops if stop.role is Role.CREATED}
    return program.text(node) if made and program.span(node) in created else None


def _applied(program: Program, node: ast.expr) -> ast.expr | None:
    """The bijector of TFP that an expression makes and applies to its one argument."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    made = node.func
    if isinstance(made, ast.Attribute) and made.attr == "forward":
        made = made.value
    name = program.dotted(made.func) if isinstance(made, ast.Call) else None
    return made if name is not None and name.startswith("tfp.bijectors.") else None


def _local(program: Program, node: ast.expr, finding: Diagnostic) -> str | None:
    """The name of a local that is bound to the finding's weight, and to nothing else, where that is made."""
    if not isinstance(node, ast.Name):
        return None
    created = {stop.span for stop in finding.stops if stop.role is Role.CREATED}
    scope = function_around(program, node)
    while scope is not None:
        if isinstance(scope, ast.Lambda) or node.id in parameters(scope):
            return None
        bound = [
            one
            for one in ast.walk(scope)
            if isinstance(one, ast.stmt) and not any(True for _ in blocks_of(one)) and one is not scope
            if node.id in effects_of(one, "").binds
        ]
        if bound:
            break
        scope = function_around(program, scope)
    made: list[ast.AST] = [*bound] if scope is not None else program.bindings.get(node.id, [])
    only = made[0] if len(made) == 1 else None
    return node.id if isinstance(only, ast.Assign) and program.span(only.value) in created else None


def _function(program: Program, node: ast.expr, weight: str) -> str:
    """The source of the function that computes an expression from a weight."""
    bijector = _applied(program, node)
    if isinstance(node, ast.Call) and program.text(node.args[0]) == weight:
        return program.text(node.func if bijector is None else bijector)
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    name = next(name for name in ("value", "given", "value_", "given_") if name not in used)
    whole = [one for one in ast.walk(node) if isinstance(one, ast.expr) and program.text(one) == weight]
    return f"lambda {name}: {program.text_with(node, [(one, name) for one in whole])}"


def _is_variable(program: Program, finding: Diagnostic) -> bool:
    """Whether the weight is a `tf.Variable`, which TFP knows on both Kerases."""
    created = [node for stop in finding.stops if stop.role is Role.CREATED for node in program.at.get(stop.span, ())]
    return any(isinstance(one, ast.Call) and program.dotted(one.func) == "tf.Variable" for one in created)


def _sizes(program: Program, finding: Diagnostic) -> list[object] | None:
    """The shape that a weight is made with, as far as it stands there; None for what is no literal."""
    for stop in finding.stops:
        if stop.role is not Role.CREATED:
            continue
        for node in program.at.get(stop.span, ()):
            for keyword in getattr(node, "keywords", ()):
                if keyword.arg == "shape" and isinstance(keyword.value, (ast.List, ast.Tuple)):
                    return [one.value if isinstance(one, ast.Constant) else None for one in keyword.value.elts]
    return None
