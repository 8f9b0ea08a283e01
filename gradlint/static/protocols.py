"""What Python asks of an object's own class: its operators, its elements, its length."""

from __future__ import annotations

import ast
from dataclasses import replace

from gradlint.static.hosts import lookup
from gradlint.static.machine import Arguments, Machine
from gradlint.static.values import (
    UNKNOWN,
    Anywhere,
    Constant,
    Container,
    Function,
    Instance,
    Opaque,
    Place,
    Symbol,
    Union,
    Value,
)

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
"""What the special method of each operator is called; `r` before it where the object stands right, `i` in place."""
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__ne__", "__ne__"),
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
}
"""The special method of each comparison, and that of the same comparison told from the right."""
FUNCTIONS = {
    "builtins.abs": "__abs__",
    "builtins.len": "__len__",
    "builtins.next": "__next__",
    "builtins.reversed": "__reversed__",
    "builtins.round": "__round__",
    "builtins.hash": "__hash__",
    "copy.copy": "__copy__",
    "copy.deepcopy": "__deepcopy__",
    **{f"operator.{name}": f"__{name}__" for name in (*BINARY.values(), "neg", "pos", "abs", "getitem", "contains")},
    **{f"operator.{name}": f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}
"""Functions that hand their first argument's question to its class."""
NOT_IMPLEMENTED = Symbol("builtins.NotImplemented")
MOST_ELEMENTS = 24


def special(machine: Machine, value: Value, name: str, arguments: tuple[Value, ...], place: Place) -> Value | None:
    """What a special method of an object's class gives; None where it has none, or does not know what to answer."""
    if not isinstance(value, Instance):
        return None
    method = lookup(value.type, name)
    if not isinstance(method, Function):
        return None
    return _answered(machine.call(machine, replace(method, receiver=value), Arguments(arguments), place))


def _answered(result: Value) -> Value | None:
    """A result without the alternative that the method leaves the question to the other operand."""
    if isinstance(result, Union) and NOT_IMPLEMENTED in result.alternatives:
        others = tuple(one for one in result.alternatives if one != NOT_IMPLEMENTED)
        return others[0] if len(others) == 1 else Union(others)
    return None if result == NOT_IMPLEMENTED else result


def combined(machine: Machine, left: Value, right: Value, name: str, place: Place) -> Value | None:
    """`left ∘ right` where the class of either says what that is; `name` is the operator's."""
    result = special(machine, left, f"__{name}__", (right,), place)
    return special(machine, right, f"__r{name}__", (left,), place) if result is None else result


def compared(machine: Machine, left: Value, right: Value, comparison: ast.cmpop, place: Place) -> Value | None:
    """A comparison where the class of either operand says what it is."""
    if isinstance(comparison, (ast.In, ast.NotIn)):
        found = special(machine, right, "__contains__", (left,), place)
        if isinstance(comparison, ast.NotIn) and isinstance(found, Constant):
            return Constant(not found.value)
        return found
    names = COMPARISONS.get(type(comparison))
    if names is None:
        return None
    result = special(machine, left, names[0], (right,), place)
    return special(machine, right, names[1], (left,), place) if result is None else result


def asked_by_function(machine: Machine, name: str, given: tuple[Value, ...], place: Place) -> Value | None:
    """What a function of Python's own gives that only asks the class of its argument."""
    method = FUNCTIONS.get(name)
    if method is None or not given or not any(isinstance(value, Instance) for value in given[:2]):
        return None
    operator = name.partition(".")[2]
    if name.startswith("operator.") and len(given) == 2 and operator in BINARY.values():
        return combined(machine, given[0], given[1], operator, place)
    return special(machine, given[0], method, given[1:], place)


def walked_through(machine: Machine, value: Instance, place: Place) -> Value | None:
    """What a loop over an object goes through: what `__iter__` gives, or `__getitem__` for each index."""
    iterator = special(machine, value, "__iter__", (), place)
    if isinstance(iterator, Instance):
        return _drained(machine, iterator, place)
    if iterator is not None:
        return iterator
    length = special(machine, value, "__len__", (), place)
    if isinstance(length, Constant) and isinstance(length.value, int) and length.value <= MOST_ELEMENTS:
        found = [special(machine, value, "__getitem__", (Constant(i),), place) for i in range(length.value)]
        return Container("list", {i: UNKNOWN if one is None else one for i, one in enumerate(found)})
    element = special(machine, value, "__getitem__", (UNKNOWN,), place)
    return None if element is None else Container("list", {Anywhere(0): element})


def _drained(machine: Machine, iterator: Instance, place: Place) -> Value | None:
    """Everything that an iterator's `__next__` gives, until it can only raise."""
    before = machine.raised
    items: dict[object, Value] = {}
    while len(items) < MOST_ELEMENTS:
        element = special(machine, iterator, "__next__", (), place)
        if element is None:
            return None
        if machine.raised > before:
            machine.raised = before
            return Container("list", items)
        items[len(items)] = element
        if isinstance(element, Opaque):
            break
    return Container("list", {Anywhere(i): element for i, element in enumerate(items.values())})
