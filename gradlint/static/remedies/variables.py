"""A variable of TensorFlow or TFP that a Keras 3 layer does not track becomes a weight of the layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.changes import Change, InsertBefore, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Role
from gradlint.static.knowledge import among, base_kind
from gradlint.static.remedies.arrays import library_name
from gradlint.static.remedies.effects import root_of
from gradlint.static.remedies.program import Program, receiver_of
from gradlint.static.remedies.purity import objections

TRAINS = "the optimizer begins to train it, and a checkpoint holds it under another path"
PASSED_ON = frozenset({"trainable", "constraint", "dtype", "name"})
UNNAMED = '"variable"'
"""What a variable is called that nothing gives a name."""
OF_DEFERRED = frozenset({"shape", "dtype", "name", "pretransformed_input", "transform_fn"})
NOT_HERE = (ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""What decides whether, or how often, a part of it is computed."""
FILLS = {"tf.ones": "ones", "tf.zeros": "zeros"}


def weight_change(program: Program, finding: Diagnostic) -> Change | None:
    """`self.add_weight(…)` in place of the call that makes the variable."""
    spans = [finding.span, *(stop.span for stop in finding.stops if stop.role is Role.CREATED)]
    for span in spans:
        for node in program.at.get(span, ()):
            if isinstance(node, ast.Call) and program.dotted(node.func) == "tf.Variable":
                owner = program.method_of(node)
                if owner is None or not _is_keras(program, owner[1]):
                    return None
                step = weight_of(program, node)
                made = (step,) if step is not None else _weight_started_before(program, node)
                if not made:
                    return None
                steps = (*made, *_behind_arrays(program, owner[1], node))
                return Change("make it a weight of the layer", steps, (TRAINS,))
            if isinstance(node, ast.Call) and program.dotted(node.func) == "tfp.util.TransformedVariable":
                return _transformed(program, node)
    return None


def _transformed(program: Program, call: ast.Call) -> Change | None:
    """A weight, and a `DeferredTensor` of its `tf.Variable`, for a `TransformedVariable`."""
    owner, statement, module = program.method_of(call), program.statement_of(call), library_name(program, "tfp")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    arguments = dict(zip(("initial_value", "bijector"), call.args, strict=False)) | given
    initial, bijector = arguments.pop("initial_value", None), arguments.pop("bijector", None)
    if owner is None or statement is None or module is None or initial is None or bijector is None:
        return None
    if not _is_keras(program, owner[1]) or len(call.args) > 2 or not set(arguments) <= PASSED_ON:
        return None
    around = list(program.around(call))[: list(program.around(call)).index(statement)]
    if any(isinstance(one, NOT_HERE) for one in around) or isinstance(initial, ast.Lambda):
        return None
    if any(True for part in (initial, bijector) for _ in objections(program, owner[1], part)):
        return None
    if _is_asked_as_variable(program, owner[1], _attributes(program, call)):
        return None
    receiver = receiver_of(owner[0])
    name = _name(program, call, given) if "name" in given or call is getattr(statement, "value", None) else UNNAMED
    attribute = _fresh(program, owner[1], f"_{name[1:-1]}_raw" if name[1:-1].isidentifier() else "_raw")
    start = f"{program.text(bijector)}.inverse({program.text(initial)})"
    parts = [f"name={name}", f"shape={_tensor(program, start)}.shape"]
    parts += [
        f"{key}={program.text(arguments[key])}" for key in ("dtype", "trainable", "constraint") if key in arguments
    ]
    made = f"{receiver}.add_weight({', '.join(parts)}, initializer=lambda *_, **__: {start})"
    content = f"{module}.util.DeferredTensor({receiver}.{attribute}.value, {program.text(bijector)})"
    steps = (
        InsertBefore(program.span(statement), (f"{receiver}.{attribute} = {made}",)),
        Substitute(program.span(call), content),
    )
    return Change("give it a weight of the layer", steps, (TRAINS,))


def _is_asked_as_variable(program: Program, cls: ast.ClassDef, names: set[str]) -> bool:
    """Whether an attribute is asked for what only a variable has."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in names
        and node.attr not in OF_DEFERRED
        for owner in program.family(cls)
        for node in ast.walk(owner)
    )


def _fresh(program: Program, cls: ast.ClassDef, name: str) -> str:
    """A name that no attribute or method of a family has."""
    taken = {
        getattr(node, "attr", None) or getattr(node, "name", None)
        for owner in program.family(cls)
        for node in ast.walk(owner)
    }
    while name in taken:
        name += "_"
    return name


def _behind_arrays(program: Program, cls: ast.ClassDef, call: ast.Call) -> Iterator[Substitute]:
    """Tensors of the variable where it stands behind an operator, and before that perhaps a value of NumPy.

    NumPy would take a weight of Keras 3 for an array; a `tf.Variable` forbids it that.
    """
    names = _attributes(program, call)
    for owner in program.family(cls):
        for method in program.methods(owner):
            inputs = [one.arg for one in method.args.args[1:2] if method.name == "call"]
            for node in ast.walk(method):
                if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Attribute) and node.right.attr in names:
                    is_own = root_of(node.right, receiver_of(method)) == f".{node.right.attr}"
                    if is_own and not _is_no_array(program, node.left, inputs):
                        yield Substitute(program.span(node.right), _tensor(program, program.text(node.right)))


def _is_no_array(program: Program, node: ast.expr, inputs: list[str]) -> bool:
    """Whether an expression is certainly a tensor or a number of Python."""
    if isinstance(node, ast.BinOp):
        return _is_no_array(program, node.left, inputs) and _is_no_array(program, node.right, inputs)
    if isinstance(node, ast.UnaryOp):
        return _is_no_array(program, node.operand, inputs)
    if isinstance(node, ast.Call):
        name = program.dotted(node.func)
        return name is not None and name.startswith(("tf.", "tfp.", "keras.ops.", "builtins.float", "builtins.int"))
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in inputs)


def weight_of(program: Program, call: ast.Call) -> Substitute | None:
    """`self.add_weight(…)` for a `tf.Variable(…)` of a method, where that gives the same variable."""
    found = _asked(program, call)
    if found is None:
        return None
    cls, initial, given = found
    start = _start(program, cls, initial, given.get("dtype"))
    return None if start is None else _add_weight(program, call, given, *start)


def _weight_started_before(program: Program, call: ast.Call) -> tuple[InsertBefore | Substitute, ...]:
    """The same with a start that must be computed once only: it is kept in a name before that."""
    found, statement = _asked(program, call), program.statement_of(call)
    function = program.method_of(call)
    if found is None or statement is None or function is None or isinstance(found[1], ast.Lambda):
        return ()
    around = list(program.around(call))[: list(program.around(call)).index(statement)]
    if any(isinstance(one, NOT_HERE) for one in around) or not _is_simple(statement):
        return ()
    _, initial, given = found
    used = {one.id for one in ast.walk(program.module.tree) if isinstance(one, ast.Name)}
    start = f"{_name(program, call, given)[1:-1]}_start"
    while start in used or not start.isidentifier():
        start = f"{start}_" if start.isidentifier() else "start"
    first = InsertBefore(
        program.span(statement), (f"{start} = {_tensor(program, program.text(initial), given.get('dtype'))}",)
    )
    given = {**given, "dtype": given.get("dtype") or ast.Name(f"{start}.dtype.name", ast.Load())}
    return first, _add_weight(program, call, given, f"{start}.shape", f"lambda *_, **__: {start}")


def _is_simple(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr))


def _asked(program: Program, call: ast.Call) -> tuple[ast.ClassDef, ast.expr, dict[str | None, ast.expr]] | None:
    """The class, the start and the keywords of a `tf.Variable(…)` in whose place a weight of a layer would do."""
    owner = program.method_of(call)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    initial = call.args[0] if call.args else given.pop("initial_value", None)
    if owner is None or initial is None or len(call.args) > 1 or not set(given) <= PASSED_ON:
        return None
    if any(isinstance(one, (ast.Lambda, ast.GeneratorExp)) for one in program.around(call)):
        return None
    return None if _needs_variable(program, owner[1], call) else (owner[1], initial, given)


def _add_weight(
    program: Program, call: ast.Call, given: dict[str | None, ast.expr], shape: str, initializer: str
) -> Substitute:
    owner = program.method_of(call)
    parts = [f"name={_name(program, call, given)}", f"shape={shape}"]
    for key in ("dtype", "trainable", "constraint"):
        if key in given:
            value = given[key]
            parts.append(f"{key}={program.text(value) if hasattr(value, 'lineno') else ast.unparse(value)}")
    parts.append(f"initializer={initializer}")
    content = f"{receiver_of(owner[0]) if owner else 'self'}.add_weight({', '.join(parts)})"
    return Substitute(program.span(call), content)


def _is_keras(program: Program, cls: ast.ClassDef) -> bool:
    for one in program.family(cls):
        for base in one.bases:
            name = program.dotted(base)
            if name is not None and base_kind(name) == "Keras":
                return True
    return False


def _needs_variable(program: Program, cls: ast.ClassDef, call: ast.Call) -> bool:
    """Whether something is done with it that only a `tf.Variable` can."""
    names = _attributes(program, call)
    nodes = [node for owner in program.family(cls) for node in ast.walk(owner)]
    called = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    own = any(among("variable_methods", one.attr) or one.attr in {"gradient", "jacobian", "watch"} for one in called)
    return own or any(isinstance(node, ast.Attribute) and _asks_shape_or_dtype(node, names) for node in nodes)


def _asks_shape_or_dtype(node: ast.Attribute, names: set[str]) -> bool:
    """`self.w.shape.rank`: a weight of Keras 3 has a tuple for a shape, and a word for a dtype."""
    asked = node.value
    if not isinstance(asked, ast.Attribute) or asked.attr not in {"shape", "dtype"}:
        return False
    return isinstance(asked.value, ast.Attribute) and asked.value.attr in names


def _attributes(program: Program, call: ast.Call) -> set[str]:
    """The attributes that a call is assigned to."""
    around = program.parents.get(call)
    targets = around.targets if isinstance(around, ast.Assign) else []
    return {target.attr for target in targets if isinstance(target, ast.Attribute)}


def _name(program: Program, call: ast.Call, given: dict[str | None, ast.expr]) -> str:
    if "name" in given:
        return program.text(given["name"]).replace("/", "_")
    around = program.parents.get(call)
    if isinstance(around, ast.Dict):
        key = around.keys[around.values.index(call)] if call in around.values else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
            return f'"{key.value}"'
    for outer in program.around(call):
        if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], (ast.Name, ast.Attribute)):
            target = outer.targets[0]
            return f'"{target.id if isinstance(target, ast.Name) else target.attr}"'
    return UNNAMED


def _start(program: Program, cls: ast.ClassDef, initial: ast.expr, dtype: ast.expr | None) -> tuple[str, str] | None:
    """The source of a shape and of an initializer that give the same start."""
    if isinstance(initial, ast.Lambda):
        return _start(program, cls, initial.body, dtype)
    text = program.text(initial)
    call = initial if isinstance(initial, ast.Call) else None
    called = program.dotted(call.func) if call is not None else None
    alone = call is not None and len(call.args) == 1 and not call.keywords
    if call is not None and alone and called in FILLS:
        return _shape_of(program, call.args[0]), f'"{FILLS[called]}"'
    tensor = _tensor(program, text, dtype)
    literal = call.args[0] if call is not None and alone and called == "tf.constant" else initial
    shape = _literal_shape(literal, floats=dtype is None)
    again = f"lambda *_, **__: {text}"
    if shape is not None:
        if shape == () and call is None:
            value = ast.literal_eval(literal)
            if value in (0, 1):
                return "()", '"zeros"' if value == 0 else '"ones"'
        return repr(shape), again if called and dtype is None else f"lambda *_, **__: {tensor}"
    if call is not None:
        given = {one.arg: one.value for one in call.keywords}
        if called is not None and among("takes_shape_first", called) and (call.args or "shape" in given):
            return _shape_of(program, call.args[0] if call.args else given["shape"]), again
        if called is None and "shape" in given:  # an initializer
            return _shape_of(program, given["shape"]), again
    if any(True for _ in objections(program, cls, initial)):
        return None
    return f"{_tensor(program, text)}.shape", f"lambda *_, **__: {tensor}"


def _shape_of(program: Program, node: ast.expr) -> str:
    """The source of a shape from what stands for one: TensorFlow takes a number for a shape, Keras does not."""
    text = program.text(node)
    is_shape = isinstance(node, (ast.List, ast.Tuple)) or (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
    )
    return text if is_shape else f"{library_name(program, 'tf') or 'tf'}.TensorShape({text})"


def _tensor(program: Program, text: str, dtype: ast.expr | None = None) -> str:
    more = "" if dtype is None else f", dtype={program.text(dtype)}"
    return f"{library_name(program, 'tf') or 'tf'}.convert_to_tensor({text}{more})"


def _literal_shape(node: ast.expr, floats: bool) -> tuple[int, ...] | None:
    """The shape of a literal of numbers, or of `floats` only."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return _shape(value, floats)


def _shape(value: object, floats: bool) -> tuple[int, ...] | None:
    if isinstance(value, float) or (isinstance(value, int) and not floats):
        return ()
    if isinstance(value, (list, tuple)) and value:
        inner = {_shape(one, floats) for one in value}
        if len(inner) == 1:
            first = inner.pop()
            return None if first is None else (len(value), *first)
    return None
