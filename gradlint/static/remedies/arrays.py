"""What leaves TensorFlow in the forward phase stays in it: the function of the same meaning, where there is one."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from gradlint.changes import Change, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect
from gradlint.static.knowledge import among, base_kind, counterpart, starts_among
from gradlint.static.remedies.effects import root_of
from gradlint.static.remedies.program import Program, receiver_of

ARRAY = "a tensor stands where an array was, and gradlint does not see who uses it"
WIDER = "NumPy computes in float64 as soon as one of the arguments is"
NUMBER = "a tensor stands where a Python number was"
LONGEST = 40
"""So many characters of what is to be written are told."""
MAKES_TENSORS = frozenset({"tf.constant", "tf.convert_to_tensor", "tf.cast", "tf.identity"})


def tensor_change(program: Program, finding: Diagnostic) -> Change | None:
    """TensorFlow's own operation in place of the one that left it."""
    spans = [finding.span, *(stop.span for stop in finding.stops)]
    for span in spans:
        for node in program.at.get(span, ()):
            found = None
            if isinstance(node, ast.Call):
                found = _of_call(program, node, finding.dialect)
            elif isinstance(node, ast.BinOp):
                found = _of_operator(program, node)
            if found is not None:
                return found
    return None


def _of_operator(program: Program, node: ast.BinOp) -> Change | None:
    """A tensor of what stands behind a value of NumPy, which leaves the operation to it."""
    module = library_name(program, "tf")
    if module is None or not _is_recorded(program, node):
        return None
    content = f"{module}.convert_to_tensor({program.text(node.right)})"
    return Change(f"write `{content}`", (Substitute(program.span(node.right), content),), (WIDER,))


def _of_call(program: Program, call: ast.Call, dialect: Dialect) -> Change | None:
    module = library_name(program, "tf")
    if module is None:
        return None
    name = program.dotted(call.func)
    packed = [] if dialect is Dialect.KERAS_2 else _weights_in_lists(program, call)
    if _is_asked_as_array(program, call) or not _is_recorded(program, call):
        return None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "numpy" and name is None:
        return _left_by_method(program, call, call.func.value, module)
    if name in {"np.asarray", "np.array", "keras.backend.get_value", "keras.ops.convert_to_numpy"}:
        if len(call.args) == 1 and not call.keywords:
            return _left_by_method(program, call, call.args[0], module, packed)
        return _left_by_array(program, call, module, packed)
    if name == "builtins.float" and len(call.args) == 1:
        inner = program.text(call.args[0])
        content = f"{module}.cast({module}.reshape({inner}, []), {module}.float32)"
        return Change(f"write `{content}`", (Substitute(program.span(call), content),), (NUMBER,))
    return _left_by_function(program, call, name, module, packed)


def _weights_in_lists(program: Program, call: ast.Call) -> list[ast.expr]:
    """The weights themselves in the lists that a call is given: TensorFlow packs none of Keras 3."""
    owner = program.method_of(call)
    if owner is None:
        return []
    made = {
        target.attr
        for cls in program.family(owner[1])
        for node in ast.walk(cls)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if getattr(node.value.func, "attr", "") == "add_weight"
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }
    waiting = [one for one in call.args if isinstance(one, (ast.List, ast.Tuple))]
    found: list[ast.expr] = []
    while waiting:
        for one in waiting.pop().elts:
            if isinstance(one, (ast.List, ast.Tuple)):
                waiting.append(one)
            elif isinstance(one, ast.Attribute) and root_of(one, receiver_of(owner[0])) == f".{one.attr}":
                found += [one] if one.attr in made else []
    return found


def _is_of_tensors(program: Program, node: ast.expr) -> bool:
    """Whether a list holds nothing but numbers, attributes and what TensorFlow computes."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(_is_of_tensors(program, one) for one in node.elts)
    name = program.dotted(node.func) if isinstance(node, ast.Call) else None
    computed = name is not None and (name.startswith("tf.") or counterpart(name) is not None)
    return computed or isinstance(node, (ast.Constant, ast.Attribute, ast.UnaryOp))


def _written(program: Program, node: ast.expr, module: str, packed: list[ast.expr]) -> str:
    """The source of an expression with tensors of some weights in it."""
    return program.text_with(node, [(one, f"{module}.convert_to_tensor({program.text(one)})") for one in packed])


def _left_by_method(
    program: Program, call: ast.Call, inner: ast.expr, module: str, packed: Sequence[ast.expr] = ()
) -> Change:
    around = program.parents.get(call)
    node: ast.expr = call
    text = _written(program, inner, module, [*packed])
    content = f"{module}.convert_to_tensor({text})"
    if isinstance(around, ast.Call) and around.args[:1] == [call] and program.dotted(around.func) in MAKES_TENSORS:
        if program.dotted(around.func) == "tf.constant" and len(around.args) == 1 and not around.keywords:
            node = around
        else:
            content = text
    elif isinstance(around, ast.BinOp) or _is_tensor(program, inner):
        content = text if _is_tensor(program, inner) else content
    reasons = () if _used_by_operations(program, node) else (ARRAY,)
    written = content if len(content) <= LONGEST else f"{content.partition('(')[0]}(…)"
    return Change(f"stay in TensorFlow: write `{written}`", (Substitute(program.span(node), content),), reasons)


def _left_by_array(program: Program, call: ast.Call, module: str, packed: list[ast.expr]) -> Change | None:
    """An array of a given type."""
    given = [*call.args[1:], *(one.value for one in call.keywords if one.arg == "dtype")]
    if len(given) != 1 or len(call.args) + len(call.keywords) != 2:
        return None
    inner = _written(program, call.args[0], module, packed)
    content = f"{module}.cast({module}.convert_to_tensor({inner}), {program.text(given[0])})"
    reasons = () if _used_by_operations(program, call) else (ARRAY,)
    return Change(f"stay in TensorFlow: write `{module}.cast(…)`", (Substitute(program.span(call), content),), reasons)


def _left_by_function(
    program: Program, call: ast.Call, name: str | None, module: str, packed: list[ast.expr]
) -> Change | None:
    found = counterpart(name) if name is not None else None
    if found is None or name is None:
        return None
    most, keywords = int(found["arguments"]), set(found.get("keywords", ()))
    given = {keyword.arg for keyword in call.keywords}
    if len(call.args) + len(call.keywords) < int(found.get("least", 0)):
        return None
    if len(call.args) > most or not given <= keywords or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    content = str(found["name"]).replace("tf.", f"{module}.", 1)
    reasons: tuple[str, ...] = () if _used_by_operations(program, call) else (ARRAY,)
    if most > 1 and len(call.args) > 1 and not keywords:
        reasons = (WIDER,)
    if name.startswith("math."):
        reasons = (NUMBER,)
    if any(isinstance(one, (ast.List, ast.Tuple)) and not _is_of_tensors(program, one) for one in call.args[:1]):
        reasons = (WIDER,)
    steps = [Substitute(program.span(one), _written(program, one, module, [one])) for one in packed]
    return Change(f"write `{content}`", (Substitute(program.span(call.func), content), *steps), reasons)


def _is_asked_as_array(program: Program, node: ast.expr, seen: frozenset[ast.expr] = frozenset()) -> bool:
    """Whether something is asked of a value, or of a local that it is bound to, that a tensor does not have."""
    around = program.parents.get(node)
    if isinstance(around, (ast.BinOp, ast.UnaryOp)):
        parts = [getattr(one, "value", None) for one in ast.walk(around) if isinstance(one, ast.Constant)]
        # NumPy goes over to complex numbers by itself, TensorFlow does not
        return any(isinstance(one, complex) for one in parts) or _is_asked_as_array(program, around, seen)
    if isinstance(around, ast.Attribute):
        return not among("tensor_attributes", around.attr)
    if isinstance(around, ast.Subscript) and around.value is node:
        return not _takes_tensors(around.slice)
    if isinstance(around, ast.Call) and around.func is not node:
        name = program.dotted(around.func) or ""
        if base_kind(name) == "Keras" or starts_among("keeps_numbers_prefixes", name):
            return True
        return name.startswith("builtins.") and not among("takes_tensors", name)
    reads = [one for one in _reads_of_local(program, node) if one not in seen]
    return any(_is_asked_as_array(program, one, seen.union(reads)) for one in reads)


def _takes_tensors(index: ast.expr) -> bool:
    """Whether an index means the same for a tensor: numbers and slices do, an array of indices does not."""
    if isinstance(index, ast.Tuple):
        return all(_takes_tensors(one) for one in index.elts)
    number = index.operand if isinstance(index, ast.UnaryOp) else index
    return isinstance(index, ast.Slice) or isinstance(number, ast.Constant)


def _is_recorded(program: Program, node: ast.expr) -> bool:
    """Whether no block around an expression lifts it out of what a tape records."""
    items = [item for outer in program.around(node) if isinstance(outer, ast.With) for item in outer.items]
    functions = [part.func for item in items for part in ast.walk(item.context_expr) if isinstance(part, ast.Call)]
    return not any(
        program.dotted(one) == "tf.init_scope" or getattr(one, "attr", "") == "stop_recording" for one in functions
    )


def _reads_of_local(program: Program, node: ast.expr) -> list[ast.Name]:
    """Where the local is read that an expression is bound to, if it is."""
    around = program.parents.get(node)
    if not isinstance(around, ast.Assign) or len(around.targets) != 1 or not isinstance(around.targets[0], ast.Name):
        return []
    name = around.targets[0].id
    function = next((one for one in program.around(node) if isinstance(one, (ast.FunctionDef, ast.Lambda))), None)
    return [
        one
        for one in ast.walk(function or program.module.tree)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]


def library_name(program: Program, library: str) -> str | None:
    """What the text calls a library."""
    return next((name for name, meant in program.libraries.items() if program.dotted(ast.Name(name)) == library), None)


def _is_tensor(program: Program, node: ast.expr) -> bool:
    """Whether an expression is an operation's result, so that nothing has to make a tensor of it."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Subscript)):
        return True
    name = program.dotted(node.func) if isinstance(node, ast.Call) else None
    return name is not None and name.startswith("tf.")


def _used_by_operations(program: Program, node: ast.expr, seen: frozenset[ast.expr] = frozenset()) -> bool:
    """Whether all that is done with a value is arithmetic or a call of TensorFlow or TFP: it may be a tensor."""
    around = program.parents.get(node)
    if isinstance(around, ast.BinOp):
        other = around.left if around.right is node else around.right
        return not any((program.dotted(one) or "").startswith("np.") for one in ast.walk(other))
    if isinstance(around, (ast.UnaryOp, ast.Subscript)):
        return not (isinstance(around, ast.Subscript) and around.slice is node)
    if isinstance(around, ast.keyword):
        around = program.parents.get(around)
    if isinstance(around, ast.Call):
        name = program.dotted(around.func)
        return name is not None and (name.startswith(("tf.", "tfp.", "keras.ops.")) or counterpart(name) is not None)
    if isinstance(around, ast.Assign) and any(
        isinstance(one, (ast.FunctionDef, ast.Lambda)) for one in program.around(node)
    ):
        reads = _reads_of_local(program, node)
        fresh = [one for one in reads if one not in seen]
        return bool(reads) and all(_used_by_operations(program, one, seen.union(fresh)) for one in fresh)
    return False
