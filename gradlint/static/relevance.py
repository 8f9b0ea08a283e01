"""Which functions and classes of a module can have to do with a weight at all: the others are not run on their own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gradlint.static.knowledge import own_creators, short_names
from gradlint.static.walking import inside

TRIGGER_NAMES = frozenset(
    {
        "Variable",
        "add_weight",
        "add_variable",
        "TransformedVariable",
        "get_variable",
        "Parameter",
        "variable",
        "GradientTape",
        "applications",
    }
)
"""Names that create a weight or start a recording; whatever mentions what mentions them is relevant too."""

COMPUTED = ast.Call | ast.BinOp | ast.UnaryOp
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Relevance:
    """Answers whether a definition mentions a trigger, directly or through other definitions of its module."""

    def __init__(self, tree: ast.Module, imported: frozenset[str] = frozenset()) -> None:
        """`imported` are the names that stand for something relevant of other modules."""
        self._names: dict[ast.AST, frozenset[str]] = {}
        self._wanted: frozenset[ast.AST] = frozenset()
        self._relevant = set(TRIGGER_NAMES | short_names("layers_with_weights") | own_creators() | imported)
        self.anything = any(self.of(node) for node in tree.body)
        """Whether the module holds anything relevant at all; comments and strings do not count."""
        if not self.anything:
            return
        self._relevant.update(*map(_imported, tree.body))
        self._spread([binding for node in tree.body for binding in self._bindings(node)])
        self._wanted = self._called_for(tree)

    def _called_for(self, tree: ast.Module) -> frozenset[ast.AST]:
        """The calls and operators that bind a name which something relevant mentions, or another of them."""
        statements = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        mentioned = set().union(*(self.names(node) for node in statements if self.of(node)))
        wanted: set[ast.AST] = set()
        for node in reversed(statements):
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound = {target.id for target in targets if isinstance(target, ast.Name)}
            if isinstance(node.value, COMPUTED) and not bound.isdisjoint(mentioned):
                wanted.add(node)
                mentioned |= self.names(node)
        return frozenset(wanted)

    def names(self, node: ast.AST) -> frozenset[str]:
        """Every name and attribute that a definition mentions."""
        found = self._names.get(node)
        if found is None:
            found = frozenset(_mentioned(node))
            self._names[node] = found
        return found

    def of(self, node: ast.AST) -> bool:
        """Whether a definition is worth running on its own."""
        return node in self._wanted or not self._relevant.isdisjoint(self.names(node))

    def _bindings(self, node: ast.stmt) -> Iterator[tuple[set[str], frozenset[str]]]:
        """The names that a statement binds, each with what it is made of: `W = tf.Variable`, `def f(): …`."""
        if isinstance(node, Definition):
            yield {node.name}, self.names(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            for inner in inside(node):
                if isinstance(inner, Definition):
                    yield {inner.name}, self.names(inner)
                elif isinstance(inner, ast.Assign | ast.AnnAssign | ast.NamedExpr) and inner.value is not None:
                    targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
                    bound = {name.id for target in targets for name in inside(target) if isinstance(name, ast.Name)}
                    yield bound, frozenset(_mentioned(inner.value))

    def _spread(self, bindings: list[tuple[set[str], frozenset[str]]]) -> None:
        grown = True
        while grown:
            grown = False
            for bound, mentioned in bindings:
                if not bound <= self._relevant and not self._relevant.isdisjoint(mentioned):
                    self._relevant |= bound
                    grown = True


def _mentioned(node: ast.AST) -> Iterable[str]:
    for inner in inside(node):
        if isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.alias):
            yield inner.name.rpartition(".")[2]
            if inner.asname and _creates(inner):
                yield inner.asname


def _creates(alias: ast.alias) -> bool:
    name = alias.name.rpartition(".")[2]
    return name in TRIGGER_NAMES or name in own_creators()


def _imported(node: ast.stmt) -> set[str]:
    """`from tensorflow import Variable as V`."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".applications"):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname for alias in node.names if alias.asname and _creates(alias)}
    return set()
