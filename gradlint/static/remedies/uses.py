"""How a program uses an attribute, where a value that is made anew for each read would not do, or would cost much."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.static.remedies.effects import COMPREHENSIONS, effects_of, root_of
from gradlint.static.remedies.ownership import setup_methods
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError

DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
CONTAINERS = frozenset({"builtins.list", "builtins.dict", "builtins.set", "collections.OrderedDict"})
ONE_OBJECT = "gradlint cannot tell whether `{}` needs one and the same object"


def reasons_of_uses(program: Program, cls: ast.ClassDef, attribute: str, made: list[ast.stmt]) -> Iterator[str]:
    """Why an attribute that `made` gives its value should not be computed at each read.

    Raises:
        CannotChangeError: someone changes the object that it holds, or asks whether it is the same one.
    """
    yield from reasons_of_containers(program, attribute, made)
    costly = any(isinstance(node, ast.Call) for one in made for node in ast.walk(one))
    setup = setup_methods(program, cls)
    for read in _reads(program, attribute, made):
        owner = program.method_of(read)
        if costly and owner is not None and owner[0] not in setup and _is_repeated(program, read, *owner):
            yield f"`{owner[0].name}` reads `self.{attribute}` in a loop, and computes it in each round"
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call) and _asks_for(program, node, attribute):
            yield f"`{' '.join(program.text(node).split())}` asks whether there is a value yet"


def reasons_of_containers(program: Program, attribute: str, made: list[ast.stmt]) -> Iterator[str]:
    """Why an attribute that `made` gives its value should not hold another object after a while.

    Raises:
        CannotChangeError: someone changes the object that it holds, or asks whether it is the same one.
    """
    nested = is_container(program, made)
    for read in _reads(program, attribute, made):
        _check_identity(program, read)
        if nested is not None:
            yield from _handed_on(program, read, f"self.{attribute}", nested)


def _reads(program: Program, attribute: str, made: list[ast.stmt]) -> list[ast.Attribute]:
    inside = {node for one in made for node in ast.walk(one)}
    return [
        node
        for node in ast.walk(program.module.tree)
        if isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load)
        if node not in inside
    ]


def _asks_for(program: Program, call: ast.Call, attribute: str) -> bool:
    name = program.dotted(call.func)
    most = {"builtins.hasattr": 2, "builtins.getattr": 3}.get(name or "")
    return len(call.args) == most and isinstance(call.args[1], ast.Constant) and call.args[1].value == attribute


def _check_identity(program: Program, read: ast.expr) -> None:
    around = program.parents.get(read)
    if isinstance(around, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in around.ops):
        others = [one for one in (around.left, *around.comparators) if one is not read]
        if not all(isinstance(one, ast.Constant) for one in others):
            raise CannotChangeError
    if isinstance(around, ast.Call) and read in around.args and program.dotted(around.func) == "builtins.id":
        raise CannotChangeError


# -- containers ---------------------------------------------------------------------------------------------------


def is_container(program: Program, made: list[ast.stmt]) -> bool | None:
    """Whether statements put lists, dicts or sets into one another; None if they make none at all."""
    values = [
        node.value
        for one in made
        for node in ast.walk(one)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Return)) and node.value is not None
    ]
    deepest = max((_depth(program, one) for one in values), default=0)
    return None if deepest == 0 else deepest > 1


def _depth(program: Program, value: ast.expr) -> int:
    """How many containers stand in one another."""
    inner = 0
    if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
        inner = max((_depth(program, one) for one in value.elts), default=0)
    elif isinstance(value, ast.Dict):
        inner = max((_depth(program, one) for one in value.values), default=0)
    elif isinstance(value, (ast.ListComp, ast.SetComp)):
        inner = _depth(program, value.elt)
    elif isinstance(value, ast.DictComp):
        inner = _depth(program, value.value)
    elif isinstance(value, ast.IfExp):
        return max(_depth(program, value.body), _depth(program, value.orelse))
    elif isinstance(value, ast.Call):
        return int(program.dotted(value.func) in CONTAINERS)
    elif not isinstance(value, DISPLAYS):
        return 0
    return inner + (0 if isinstance(value, ast.Tuple) else 1)


def _handed_on(program: Program, node: ast.expr, words: str, nested: bool) -> Iterator[str]:
    """Whether a container that is read goes to someone who may change it.

    Raises:
        CannotChangeError: it is changed.
    """
    around = program.parents.get(node)
    if isinstance(around, (ast.Subscript, ast.Attribute)):
        if nested and isinstance(around, ast.Subscript):
            yield from _handed_on(program, around, words, nested=False)
        return  # what changes it in place is told with those who write the attribute
    if isinstance(around, (ast.Compare, ast.BinOp, ast.Starred, ast.FormattedValue, ast.Expr, ast.UnaryOp)):
        return
    if isinstance(around, (ast.For, ast.comprehension, ast.If, ast.IfExp, ast.While)) and not nested:
        return
    if isinstance(around, ast.keyword):
        around = program.parents.get(around)
    if isinstance(around, ast.Call):
        if program.dotted(around.func) is None:
            yield ONE_OBJECT.format(" ".join(program.text(around).split())[:40])
        return
    if isinstance(around, ast.Assign) and len(around.targets) == 1 and isinstance(around.targets[0], ast.Name):
        name = around.targets[0].id
        function = next((one for one in program.around(around) if isinstance(one, Definition)), None)
        for other in ast.walk(function) if function is not None else ():
            if isinstance(other, ast.stmt) and name in effects_of(other, "").changes:
                raise CannotChangeError
            if isinstance(other, ast.Name) and other.id == name and isinstance(other.ctx, ast.Load):
                yield from _handed_on(program, other, name, nested)
        return
    yield ONE_OBJECT.format(words)


# -- loops --------------------------------------------------------------------------------------------------------


def _is_repeated(program: Program, read: ast.AST, method: Definition, cls: ast.ClassDef, deep: bool = True) -> bool:
    """Whether a part of a method runs in a loop of its own, or of another method that calls this one."""
    if _in_loop(program, read, method):
        return True
    if not deep:
        return False
    for owner in program.family(cls):
        for other in program.methods(owner):
            calls = [node for node in ast.walk(other) if isinstance(node, ast.Attribute)]
            own = [node for node in calls if root_of(node, receiver_of(other)) == f".{method.name}"]
            if any(_is_repeated(program, node, other, owner, deep=False) for node in own):
                return True
    return False


def _in_loop(program: Program, node: ast.AST, method: Definition) -> bool:
    inside = node
    for outer in program.around(node):
        if outer is method:
            return False
        if isinstance(outer, (ast.For, ast.AsyncFor)) and inside is not outer.iter:
            return True
        if isinstance(outer, ast.While):
            return True
        if isinstance(outer, COMPREHENSIONS) and inside is not outer.generators[0]:
            return True
        inside = outer
    return False


def writes_beyond(function: Definition) -> bool:
    """Whether a function changes what it has not made itself, apart from attributes of its own object."""
    receiver = receiver_of(function)
    effects = [effects_of(one, receiver) for one in function.body]
    bound = {name for one in effects for name in one.binds}
    return bool({name for one in effects for name in one.changes if not name.startswith(".")} - bound)
