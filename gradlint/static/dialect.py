"""Which Keras a source settles by itself: by what it imports, sets and calls that only one of them has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache

from gradlint.run import Dialect
from gradlint.sources import tree_of
from gradlint.static.knowledge import names_of_dialect
from gradlint.static.names import canonical
from gradlint.static.walking import children, inside

LEGACY = "TF_USE_LEGACY_KERAS"
TRUE = frozenset({"1", "true"})
GUARD = re.compile(r"version|hasattr|keras", re.IGNORECASE)
"""What a test asks that chooses between the two."""


def dialect_of_source(text: str) -> Dialect | None:
    """The dialect that a text itself settles, or None. What it does only for one of the two settles nothing.

    >>> dialect_of_source("import tf_keras")
    <Dialect.KERAS_2: '2'>
    """
    if _signs().search(text) is None:
        return None
    try:
        tree = tree_of(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = inside(tree)
    aliases = dict(_aliases(nodes))
    defines = any(isinstance(node, ast.FunctionDef) and node.name == "add_weight" for node in nodes)
    found: set[Dialect] = set()
    for node, in_function in _unguarded(tree):
        said = _said(node, aliases, in_function, takes_names=not defines)
        if said is not None:
            found.add(said)
    return found.pop() if len(found) == 1 else None


@cache
def _signs() -> re.Pattern[str]:
    """What a text must hold to be worth a closer look."""
    names = {name.rpartition(".")[2] for dialect in Dialect for name in names_of_dialect(dialect)}
    words = "|".join(sorted(names))
    return re.compile(
        rf"tf_keras|{LEGACY}|add_weight\(\s*[rf]?['\"]"
        rf"|keras[\w.]*\.(?:{words})\b|keras[\w.]*\s+import\b[^\n]*\b(?:{words})\b|\bK\.(?:{words})\b"
    )


def _aliases(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """What the names of a module stand for that its imports bind, wherever they stand."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    alias.name if alias.asname else (alias.name.partition(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _unguarded(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """Every node that runs whichever Keras there is, and whether it is part of a function."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, in_function = waiting.pop()
        yield node, in_function
        if isinstance(node, ast.Try) and node.handlers:
            continue
        if isinstance(node, (ast.If, ast.IfExp)) and GUARD.search(ast.unparse(node.test)):
            continue
        inner = in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        chosen = inner or (isinstance(node, ast.If) and "__name__" not in ast.unparse(node.test))
        waiting.extend((child, chosen) for child in children(node))


def _said(node: ast.AST, aliases: dict[str, str], in_function: bool, takes_names: bool) -> Dialect | None:
    """What one node says about the dialect."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if any(module.partition(".")[0] == "tf_keras" for module in modules):
            return Dialect.KERAS_2
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names if not node.level]
        return next(filter(None, map(_known, modules)), None)
    if isinstance(node, ast.Attribute):
        dotted = ast.unparse(node) if _is_dotted(node) else ""
        root, _, rest = dotted.partition(".")
        return _known(f"{aliases[root]}.{rest}") if root in aliases else None
    if not in_function and _sets_legacy(node):
        return Dialect.KERAS_2
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_weight":
        named = bool(node.args) and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
        return Dialect.KERAS_2 if takes_names and named and (len(node.args) > 1 or node.keywords) else None
    return None


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _known(dotted: str) -> Dialect | None:
    """The dialect that alone has a name, or has what it lies in."""
    # `canonical` takes `keras.Layer` for `keras.layers.Layer`, which both have
    spellings = (dotted.removeprefix("tensorflow."), canonical(dotted))
    for dialect in (Dialect.KERAS_2, Dialect.KERAS_3):
        names = names_of_dialect(dialect)
        if any(name in names or any(name.startswith(each + ".") for each in names) for name in spellings):
            return dialect
    return None


def _sets_legacy(node: ast.AST) -> bool:
    """Whether a statement or call sets the variable to yes."""
    if isinstance(node, ast.Assign):
        return _is_true(node.value) and any(
            isinstance(target, ast.Subscript) and _is_environ(target.value) and _is_name(target.slice)
            for target in node.targets
        )
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    if node.func.attr == "putenv" or (node.func.attr == "setdefault" and _is_environ(node.func.value)):
        return len(node.args) == 2 and _is_name(node.args[0]) and _is_true(node.args[1])
    if node.func.attr == "update" and _is_environ(node.func.value):
        pairs = [(key, value) for each in node.args if isinstance(each, ast.Dict) for key, value in _pairs(each)]
        return any(_is_name(key) and _is_true(value) for key, value in pairs) or any(
            keyword.arg == LEGACY and _is_true(keyword.value) for keyword in node.keywords
        )
    return False


def _pairs(node: ast.Dict) -> Iterator[tuple[ast.expr, ast.expr]]:
    yield from ((key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None)


def _is_environ(node: ast.expr) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "environ"


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == LEGACY


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() in TRUE
