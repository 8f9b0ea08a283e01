"""What a statement reads, binds and changes: names, and attributes of the method's own object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from gradlint.static.knowledge import among

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BLOCKS = ("body", "orelse", "finalbody")
MOST_ARGUMENTS = {"append": 1, "extend": 1, "insert": 2, "add": 1, "remove": 1, "discard": 1, "sort": 0, "reverse": 0}
"""What containers take: `tf.reverse(x, [0])` is a function of a module, and changes nothing."""


@dataclass
class Effects:
    """Names, and attributes of the receiver as `.name`. `reads` keeps the nodes, since they may be replaced.

    `changes` holds what is changed in place: by item or attribute assignment, or by a method such as `append`.
    """

    reads: dict[str, list[ast.expr]] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    hides: bool = False
    """It does something to names that cannot be told: `global`, `import *`, `exec`."""
    computed: list[ast.expr] = field(default_factory=list)
    """The names of attributes that a `setattr` or `delattr` computes."""
    asks_all: bool = False
    """It reads every local there is: `locals()`."""

    @property
    def opaque(self) -> bool:
        """Whether it may bind or change other names than those that are told."""
        return self.hides or bool(self.computed)

    @property
    def writes(self) -> set[str]:
        """What is bound or changed."""
        return self.binds | self.changes


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of all parameters."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    starred = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [argument.arg for argument in (*named, *starred)]


def simple_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement in a body that holds no others, and every nested definition, in the order of the source."""
    for statement in body:
        blocks = list(blocks_of(statement))
        if blocks:
            for block in blocks:
                yield from simple_statements(block)
        else:
            yield statement


def blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement; a definition has none of its own."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for name in BLOCKS:
        block = getattr(statement, name, None)
        if block and isinstance(block, list):
            yield block
    for handler in getattr(statement, "handlers", ()):
        yield handler.body
    for case in getattr(statement, "cases", ()):
        yield case.body


def header_parts(statement: ast.stmt) -> list[ast.AST]:
    """What of a compound statement is not in its blocks."""
    if isinstance(statement, (ast.If, ast.While)):
        return [statement.test]
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return [statement.target, statement.iter]
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return [*statement.items]
    if isinstance(statement, ast.Match):
        return [statement.subject, *(case.pattern for case in statement.cases)]
    if isinstance(statement, ast.Try):
        return [handler.type for handler in statement.handlers if handler.type is not None]
    return []


@lru_cache(maxsize=8192)
def effects_of(node: ast.AST, receiver: str) -> Effects:
    """What a simple statement or an expression does; of a compound statement, what its blocks do as well."""
    effects = Effects()
    _visit(node, receiver, frozenset(), effects)
    return effects


@lru_cache(maxsize=8192)
def header_effects(statement: ast.stmt, receiver: str) -> Effects:
    """What the header of a compound statement does."""
    effects = Effects()
    for part in header_parts(statement):
        _visit(part, receiver, frozenset(), effects)
    return effects


def _key(node: ast.AST, receiver: str, hidden: frozenset[str]) -> str | None:
    """`x` for a name, `.a` for `self.a`."""
    if isinstance(node, ast.Name):
        return None if node.id in hidden else node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f".{node.attr}" if node.value.id == receiver and receiver not in hidden else None
    return None


def root_of(node: ast.AST, receiver: str, hidden: frozenset[str] = frozenset()) -> str | None:
    """The name or attribute of the receiver that `a.b[0].c` leads back to."""
    while True:
        found = _key(node, receiver, hidden)
        if found is not None and found != receiver:
            return found
        if not isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            return None
        node = node.value


def _visit(node: ast.AST, receiver: str, hidden: frozenset[str], effects: Effects) -> None:
    if isinstance(node, FUNCTIONS):
        _visit_function(node, receiver, hidden, effects)
        return
    if isinstance(node, COMPREHENSIONS):
        _visit_comprehension(node, receiver, hidden, effects)
        return
    if isinstance(node, (ast.Global, ast.Nonlocal, ast.ClassDef)):
        effects.hides = True
        if isinstance(node, ast.ClassDef):
            effects.binds.add(node.name)
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        effects.binds |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        return
    if isinstance(node, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)):
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        effects.binds |= set() if name is None else {name}
    if isinstance(node, ast.Call):
        _visit_call(node, receiver, hidden, effects)
    key = _key(node, receiver, hidden)
    if key is not None and isinstance(node, (ast.Name, ast.Attribute)):
        if isinstance(node.ctx, ast.Load):
            effects.reads.setdefault(key, []).append(node)
        else:
            effects.binds.add(key)
        return
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        root = root_of(node, receiver, hidden)
        if root is not None:
            effects.changes.add(root)
    if isinstance(node, ast.AugAssign):
        target = _key(node.target, receiver, hidden)
        if target is not None:
            effects.changes.add(target)
    for child in ast.iter_child_nodes(node):
        _visit(child, receiver, hidden, effects)


def changes_in_place(call: ast.Call) -> bool:
    """Whether a call of a method changes what it is called on."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return among("changing_methods", name) and len(call.args) <= MOST_ARGUMENTS.get(name, len(call.args))


def _visit_call(node: ast.Call, receiver: str, hidden: frozenset[str], effects: Effects) -> None:
    function = node.func
    if isinstance(function, ast.Attribute) and changes_in_place(node):
        root = root_of(function.value, receiver, hidden)
        if root is not None:
            effects.changes.add(root)
    if not isinstance(function, ast.Name):
        return
    if function.id in {"setattr", "delattr"} and node.args and _key(node.args[0], receiver, hidden) == receiver:
        name = node.args[1] if len(node.args) > 1 else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            effects.binds.add(f".{name.value}")
        elif name is not None:
            effects.computed.append(name)
    if function.id in {"exec", "eval", "globals", "vars"}:
        effects.hides = True
    effects.asks_all |= function.id == "locals"


def _visit_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    receiver: str,
    hidden: frozenset[str],
    effects: Effects,
) -> None:
    for default in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)):
        _visit(default, receiver, hidden, effects)
    inside = Effects()
    bound = frozenset(parameters(node))
    if isinstance(node, ast.Lambda):
        _visit(node.body, receiver, hidden | bound, inside)
    else:
        effects.binds.add(node.name)
        for decorator in node.decorator_list:
            _visit(decorator, receiver, hidden, effects)
        for statement in node.body:
            _visit(statement, receiver, bound | hidden, inside)
    local = {name for name in inside.binds if not name.startswith(".")}
    for name, nodes in inside.reads.items():
        if name not in local:
            effects.reads.setdefault(name, []).extend(nodes)
    effects.changes |= {name for name in inside.changes if name not in local}
    effects.changes |= inside.binds - local
    effects.hides |= inside.hides
    effects.computed += inside.computed
    effects.asks_all |= inside.asks_all


def _visit_comprehension(node: ast.AST, receiver: str, hidden: frozenset[str], effects: Effects) -> None:
    bound = set(hidden)
    for generator in getattr(node, "generators", ()):
        _visit(generator.iter, receiver, frozenset(bound), effects)
        bound |= {name.id for name in ast.walk(generator.target) if isinstance(name, ast.Name)}
        for test in generator.ifs:
            _visit(test, receiver, frozenset(bound), effects)
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [getattr(node, "elt")]  # noqa: B009
    for part in parts:
        _visit(part, receiver, frozenset(bound), effects)
