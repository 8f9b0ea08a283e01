"""Evaluating expressions over abstract values."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.builtin_calls import any_element, elements_of, joined
from gradlint.static.collecting import (
    comprehension,
    concatenated,
    dictionary,
    element_at,
    sequence,
    with_unknown,
)
from gradlint.static.comparing import known_comparison
from gradlint.static.creating import watch
from gradlint.static.decisions import note_decision
from gradlint.static.dtypes import dtype_of_value, integer_dtype, is_whole
from gradlint.static.enums import member_by_name
from gradlint.static.folding import LONGEST_FOLDED, fold
from gradlint.static.local import is_used_before
from gradlint.static.machine import Arguments, Machine
from gradlint.static.protocols import BINARY, UNARY, combined, compared, special
from gradlint.static.reading import call_unknown, conversion_of, operate, operate_cutting, parts_of, use
from gradlint.static.scopes import Frame, Scope, place_of
from gradlint.static.sizes import size_from
from gradlint.static.truth import truth
from gradlint.static.values import (
    ARRAY,
    UNKNOWN,
    Anywhere,
    Carrier,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Imported,
    Instance,
    Method,
    ModuleValue,
    Opaque,
    Place,
    Reference,
    Super,
    Symbol,
    Tape,
    Tensor,
    Union,
    Value,
    is_array,
    join,
)

MOST_YIELDED = 64
BUILTIN_NAMES = frozenset(dir(builtins))


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """The abstract value of an expression."""
    machine.step()
    return EVALUATE[type(node)](machine, node, frame)


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Value:
    return Constant(node.value)


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Value:
    scope = frame.outer_names.get(node.id) or frame.scope.find(node.id)
    if scope is None or node.id not in scope.names:
        return Symbol(f"builtins.{node.id}") if node.id in BUILTIN_NAMES else UNKNOWN
    value = scope.names[node.id]
    if isinstance(value, Imported):
        value = scope.names[node.id] = machine.load(machine, value)
    if isinstance(value, Reference):
        if not value.variable.label:
            value.variable.label = node.id
        return value
    return use(machine, value, place_of(node, frame)) if machine.tapes else value


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    found = attributes.get(machine, value, node.attr, place_of(node, frame))
    if isinstance(found, Reference) and not found.variable.label:
        found.variable.label = frame.module.text(node)
    return use(machine, found, place_of(node, frame)) if machine.tapes else found


def arguments_of(machine: Machine, node: ast.Call, frame: Frame) -> Arguments:
    """The evaluated arguments of a call."""
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    extra: list[Value] = []
    is_open = False
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            value = evaluate(machine, argument.value, frame)
            elements = elements_of(machine, value, place_of(argument, frame))
            if elements is None:
                known, rest = _leading(machine, value, place_of(argument, frame))
                positional.extend(known)
                extra.append(rest)
                is_open = True
            else:
                positional.extend(elements)
        else:
            positional.append(evaluate(machine, argument, frame))
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, frame)
        if keyword.arg is not None:
            keywords.append((keyword.arg, value))
        elif isinstance(value, Container) and value.exact:
            keywords.extend((str(key), element) for key, element in value.items.items())
        else:
            extra.append(joined(list(value.values())) if isinstance(value, Container) else value)
            is_open = True
    return Arguments(tuple(positional), tuple(keywords), tuple(extra), is_open)


def _leading(machine: Machine, value: Value, place: Place) -> tuple[list[Value], Value]:
    """The elements that a sequence surely begins with, and what any other may be."""
    if not isinstance(value, Container) or value.type == "dict":
        return [], any_element(machine, value, place)
    known: list[Value] = []
    while len(known) in value.items:
        known.append(value.at(len(known)))
    rest = [element for key, element in value.pairs() if not (isinstance(key, int) and key < len(known))]
    return known, joined(rest)


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    if isinstance(node.func, ast.Name) and node.func.id == "super":
        return _super(machine, node, frame)
    callee = evaluate(machine, node.func, frame)
    arguments = arguments_of(machine, node, frame)
    if isinstance(callee, Symbol) and callee.name in (
        "builtins.locals",
        "builtins.globals",
        "builtins.eval",
        "builtins.exec",
    ):
        if callee.name == "builtins.globals":
            return attributes.names_of_module(frame.module)
        return Opaque(tuple(frame.scope.names.values())) if callee.name == "builtins.locals" else UNKNOWN
    if isinstance(callee, Function) and callee.owner is not None and callee.receiver is None and arguments.positional:
        callee = _explicit_receiver(callee, arguments)
        if callee.receiver is not None:
            arguments = replace(arguments, positional=arguments.positional[1:])
    if isinstance(callee, Method) and callee.name == "watch" and isinstance(callee.receiver, Tape):
        _watch(machine, node, frame)
    return machine.call(machine, callee, arguments, place_of(node, frame))


def _watch(machine: Machine, node: ast.Call, frame: Frame) -> None:
    """`tape.watch(x)`: the name stands for something that has a gradient of its own."""
    for argument in node.args:  # of what was recorded before, the tape knows by itself
        if isinstance(argument, ast.Name) and not is_used_before(frame.module.tree, argument.id, node):
            scope = frame.outer_names.get(argument.id) or frame.scope.find(argument.id)
            if scope is not None and argument.id in scope.names:
                watch(machine, scope.names, argument.id, argument.id, place_of(argument, frame))


def _explicit_receiver(callee: Function, arguments: Arguments) -> Function:
    first = arguments.positional[0]
    return replace(callee, receiver=first) if isinstance(first, Instance) else callee


def _super(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    if len(node.args) == 2:
        behind, instance = (evaluate(machine, argument, frame) for argument in node.args)
    else:
        behind, instance = frame.owner or UNKNOWN, _receiver(frame)
    if isinstance(behind, Class) and isinstance(instance, (Instance, Class)):
        return Super(instance, behind)
    return Opaque((instance,))


def _receiver(frame: Frame) -> Value:
    if frame.receiver is not None:
        return frame.receiver
    scope: Scope | None = frame.scope
    while scope is not None:
        if "self" in scope.names:
            return scope.names["self"]
        scope = scope.parent
    return UNKNOWN


def subscript(machine: Machine, value: Value, index: Value, node: ast.expr, frame: Frame) -> Value:
    """`value[index]`."""
    place = place_of(node, frame)
    named = attributes.name_of_module(machine, value, index)
    if named is not None:
        return named
    if value == Symbol("sys.modules") and index == frame.module.scope.names.get("__name__"):
        return ModuleValue(frame.module)
    if isinstance(value, Container):
        return element_at(machine, value, index)
    if isinstance(value, Union):
        return joined([subscript(machine, alternative, index, node, frame) for alternative in value.alternatives])
    if isinstance(value, Constant) and isinstance(index, Constant):
        if isinstance(value.value, (str, tuple)) and isinstance(index.value, int):
            inside = -len(value.value) <= index.value < len(value.value)
            return Constant(value.value[index.value]) if inside else UNKNOWN
        return UNKNOWN
    if isinstance(value, (Symbol, Class)):
        return member_by_name(value, index) or value
    if isinstance(value, Instance):
        own = special(machine, value, "__getitem__", (index,), place)
        return call_unknown(machine, place, (value, index)) if own is None else own
    if isinstance(value, Reference) and value.flavour is Flavour.PARAMETER and isinstance(index, (Constant, Opaque)):
        return value  # a list or dict of them may be meant
    size = size_from("", value, index) if isinstance(value, Opaque) else None
    if size is not None:
        return size
    if isinstance(value, (Reference, Tensor)):
        return operate(machine, place, (value,))
    return call_unknown(machine, place, (value, index))


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    if isinstance(node.slice, ast.Slice):
        parts = [node.slice.lower, node.slice.upper, node.slice.step]
        bounds = [Constant(None) if part is None else evaluate(machine, part, frame) for part in parts]
        if all(isinstance(b, Constant) and isinstance(b.value, (int, type(None))) for b in bounds):
            numbers = [b.value for b in bounds if isinstance(b, Constant)]
            index: Value = Constant(slice(*numbers)) if numbers[2] != 0 else UNKNOWN
        else:
            index = UNKNOWN
        for bound in bounds:
            note_decision(machine, bound, place_of(node.slice, frame))
        if isinstance(value, Container) and not isinstance(index, Constant):
            return Container(value.type, {Anywhere(i): element for i, element in enumerate(value.values())})
        return subscript(machine, value, index, node, frame)
    index = evaluate(machine, node.slice, frame)
    note_decision(machine, index, place_of(node.slice, frame))
    found = subscript(machine, value, index, node, frame)
    return use(machine, found, place_of(node, frame)) if machine.tapes else found


COMBINED = {
    (Kind.KERNEL, ast.Add),
    (Kind.KERNEL, ast.Mult),
    (Kind.LINEAR_OPERATOR, ast.MatMult),
    (Kind.LINEAR_OPERATOR, ast.Add),
}
"""The operators by which two carriers of a kind become one that keeps both."""


def _carried(value: Value) -> Kind | None:
    """What kind of carrier a value is, whichever of its alternatives it is."""
    if isinstance(value, Union):
        found = {_carried(one) for one in value.alternatives if one != Constant(None)}
        return found.pop() if len(found) == 1 else None
    return value.kind if isinstance(value, Carrier) else None


def binary(machine: Machine, left: Value, right: Value, kind: type[ast.operator], place: Place) -> Value:
    """`left ∘ right`."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return fold(left.value, right.value, kind)
    if kind is ast.Add and isinstance(left, Container) and isinstance(right, Container):
        return concatenated(left, right)
    if kind is ast.Add and (longer := with_unknown(left, right)) is not None:
        return longer
    if kind is ast.Mult and isinstance(left, Container) and isinstance(right, Constant):
        if left.exact and isinstance(right.value, int) and len(left.items) * right.value <= 64:
            return Container(left.type, dict(enumerate(list(left.values()) * right.value)))
        return Container(left.type, {Anywhere(i): element for i, element in enumerate(left.values())})
    if kind is ast.BitOr and isinstance(left, Container) and isinstance(right, Container):
        return Container("dict", {**left.items, **right.items})
    carried = _carried(left)
    if carried is not None and carried is _carried(right) and (carried, kind) in COMBINED:
        return Carrier(carried, "", (("(0)", left), ("(1)", right)), place)
    if isinstance(left, Instance) or isinstance(right, Instance):
        own = combined(machine, left, right, BINARY[kind], place)
        if own is None and conversion_of(machine, left) is None and conversion_of(machine, right) is None:
            return call_unknown(machine, place, (left, right))
        return operate(machine, place, (left, right)) if own is None else own
    unknown = isinstance(left, (Opaque, Method)) and isinstance(right, (Opaque, Method))
    if kind is ast.Add and unknown and (parts_of(left) or parts_of(right)):
        return call_unknown(machine, place, (left, right))  # lists, perhaps
    size = size_from(kind.__name__, left, right)
    if size is not None:
        return size
    if kind is ast.FloorDiv:
        divided = operate_cutting(machine, place, (left, right), Kind.NO_GRADIENT, "//")
        return replace(divided, dtype=integer_dtype(left, right, kind))
    if is_array(left) and isinstance(right, Reference) and right.flavour is Flavour.KERAS_3:
        # NumPy is asked first, and takes what it does not know for an array; a `tf.Variable` and a tensor forbid that
        return operate_cutting(machine, place, (left, right), Kind.LEAVES_TENSORFLOW, "NumPy")
    dtype = integer_dtype(left, right, kind)
    arrays = [is_array(one) for one in (left, right)]
    if any(arrays) and all(array or _is_number(one) for array, one in zip(arrays, (left, right), strict=True)):
        return replace(ARRAY, dtype=dtype)
    return replace(operate(machine, place, (left, right)), dtype=dtype)


def _is_number(value: Value) -> bool:
    return isinstance(value, Constant) or (isinstance(value, Opaque) and value.dtype is not None)


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Value:
    left = evaluate(machine, node.left, frame)
    right = evaluate(machine, node.right, frame)
    return binary(machine, left, right, type(node.op), place_of(node, frame))


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = evaluate(machine, node.operand, frame)
    if isinstance(node.op, ast.Not):
        known = truth(value)
        if known is None and machine.tapes and isinstance(value, (Reference, Tensor)):
            return operate_cutting(machine, place_of(node, frame), (value,), Kind.CAST, "not")
        return UNKNOWN if known is None else Constant(not known)
    own = special(machine, value, UNARY[type(node.op)], (), place_of(node, frame))
    if own is not None:
        return own
    if isinstance(value, Constant):
        if isinstance(value.value, (int, float)) and isinstance(node.op, ast.USub):
            return Constant(-value.value)
        return value if isinstance(node.op, ast.UAdd) else UNKNOWN
    if isinstance(node.op, ast.Invert):
        return operate_cutting(machine, place_of(node, frame), (value,), Kind.CAST, "~")
    dtype = dtype_of_value(value)
    return replace(operate(machine, place_of(node, frame), (value,)), dtype=dtype if is_whole(dtype) else None)


def _boolean(machine: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    stops_at = isinstance(node.op, ast.Or)
    possible: list[Value] = []
    for operand in node.values:
        value = evaluate(machine, operand, frame)
        known = truth(value)
        if known is stops_at:
            possible.append(value)
            break
        if known is None or operand is node.values[-1]:
            possible.append(value)
    return joined(possible) if possible else Constant(not stops_at)


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    left = evaluate(machine, node.left, frame)
    results: list[bool | None] = []
    cut: list[Value] = []
    for comparison, operand in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, operand, frame)
        own = compared(machine, left, right, comparison, place_of(node, frame))
        if own is not None and len(node.ops) == 1:
            return own
        results.append(known_comparison(left, right, comparison))
        if not isinstance(comparison, (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
            cut.extend((left, right))
        left = right
    if any(result is False for result in results):
        return Constant(False)
    if all(result is True for result in results):
        return Constant(True)
    if cut:
        return operate_cutting(machine, place_of(node, frame), tuple(cut), Kind.CAST, "comparison")
    return UNKNOWN


def _conditional(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    value = evaluate(machine, node.test, frame)
    note_decision(machine, value, place_of(node.test, frame))
    known = truth(value)
    if known is not None:
        return evaluate(machine, node.body if known else node.orelse, frame)
    return join(evaluate(machine, node.body, frame), evaluate(machine, node.orelse, frame))


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Value:
    name = f"{frame.function}.<lambda>" if frame.function else "<lambda>"
    return Function(node, frame.module, frame.scope, name, frame.owner, None, defaults_of(machine, node.args, frame))


def defaults_of(machine: Machine, signature: ast.arguments, frame: Frame) -> tuple[tuple[str, Value], ...]:
    """The default values of a function's parameters, as they are when it is defined."""
    found: list[tuple[str, Value]] = []
    positional = [*signature.posonlyargs, *signature.args]
    for parameter, default in zip(
        positional[len(positional) - len(signature.defaults) :], signature.defaults, strict=True
    ):
        found.append((parameter.arg, evaluate(machine, default, frame)))
    for parameter, maybe in zip(signature.kwonlyargs, signature.kw_defaults, strict=True):
        if maybe is not None:
            found.append((parameter.arg, evaluate(machine, maybe, frame)))
    return tuple(found)


def _joined_string(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    parts: list[str] = []
    written = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            value = evaluate(machine, part.value, frame)
            if not isinstance(value, Constant) or part.format_spec is not None or part.conversion != -1:
                others = [evaluate(machine, one.value, frame) for one in written if one is not part]
                return size_from(frame.module.text(node), value, *others) or UNKNOWN
            parts.append(str(value.value)[:LONGEST_FOLDED])
    text = "".join(parts)
    return Constant(text) if len(text) < LONGEST_FOLDED else UNKNOWN


def _walrus(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    machine.assign(machine, node.target, value, frame)
    return value


def _starred(machine: Machine, node: ast.Starred, frame: Frame) -> Value:
    return evaluate(machine, node.value, frame)


def _yield(machine: Machine, node: ast.Yield, frame: Frame) -> Value:
    value: Value = Constant(None)
    if node.value is not None:
        value = evaluate(machine, node.value, frame)
    _note_yielded(machine, frame, [value])
    if frame.resumed is not None:
        frame.resumed(value)
    return UNKNOWN


def _yield_from(machine: Machine, node: ast.YieldFrom, frame: Frame) -> Value:
    value, place = evaluate(machine, node.value, frame), place_of(node, frame)
    elements = elements_of(machine, value, place)
    frame.in_order = frame.in_order and elements is not None
    _note_yielded(machine, frame, [any_element(machine, value, place)] if elements is None else elements)
    return UNKNOWN


def _note_yielded(machine: Machine, frame: Frame, values: list[Value]) -> None:
    frame.in_order = frame.in_order and machine.forks == frame.forks and len(frame.yielded) < MOST_YIELDED
    frame.yielded += values[: max(0, MOST_YIELDED - len(frame.yielded))]


def _await(machine: Machine, node: ast.Await, frame: Frame) -> Value:
    return evaluate(machine, node.value, frame)


def _slice(machine: Machine, node: ast.Slice, frame: Frame) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            note_decision(machine, evaluate(machine, part, frame), place_of(part, frame))
    return UNKNOWN


def _formatted(machine: Machine, node: ast.FormattedValue, frame: Frame) -> Value:
    evaluate(machine, node.value, frame)
    return UNKNOWN


EVALUATE: dict[type[ast.expr], Callable[[Machine, Any, Frame], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Lambda: _lambda,
    ast.Tuple: sequence("tuple"),
    ast.List: sequence("list"),
    ast.Set: sequence("set"),
    ast.Dict: dictionary,
    ast.ListComp: comprehension("list"),
    ast.GeneratorExp: comprehension("list"),
    ast.SetComp: comprehension("set"),
    ast.DictComp: comprehension("dict"),
    ast.JoinedStr: _joined_string,
    ast.FormattedValue: _formatted,
    ast.NamedExpr: _walrus,
    ast.Starred: _starred,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Await: _await,
    ast.Slice: _slice,
}
