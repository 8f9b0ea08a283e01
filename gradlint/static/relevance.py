"""Which functions and classes of a module can have to do with a weight at all: the others are not run on their own."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from gradlint.static.knowledge import own_creators, short_names

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
        definitions = [node for node in tree.body if isinstance(node, Definition)]
        self._spread((node.name, self.names(node)) for node in definitions)
        for node in tree.body:
            if not isinstance(node, Definition):
                self._relevant.update(_bound_to(node, self._relevant))
        self._spread((node.name, self.names(node)) for node in definitions)
        self._wanted = self._called_for(tree)

    def _called_for(self, tree: ast.Module) -> frozenset[ast.AST]:
        """The calls that bind a name which a relevant statement of the script mentions."""
        statements = [node for node in tree.body if not isinstance(node, Definition | ast.Import | ast.ImportFrom)]
        mentioned = frozenset().union(*(self.names(node) for node in statements if self.of(node)))
        return frozenset(
            node
            for node in statements
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and any(isinstance(target, ast.Name) and target.id in mentioned for target in node.targets)
        )

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

    def _spread(self, definitions: Iterable[tuple[str, frozenset[str]]]) -> None:
        waiting = list(definitions)
        grown = True
        while grown:
            grown = False
            for name, mentioned in waiting:
                if name not in self._relevant and not self._relevant.isdisjoint(mentioned):
                    self._relevant.add(name)
                    grown = True


def _mentioned(node: ast.AST) -> Iterable[str]:
    for inner in ast.walk(node):
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


def _bound_to(node: ast.stmt, relevant: set[str]) -> set[str]:
    """Aliases: `W = tf.Variable`, `from tensorflow import Variable as V`, `w = tf.Variable(…)`."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".applications"):
            return {alias.asname or alias.name for alias in node.names}
        return {alias.asname for alias in node.names if alias.asname and _creates(alias)}
    if isinstance(node, ast.Assign) and not relevant.isdisjoint(_mentioned(node.value)):
        return {inner.id for target in node.targets for inner in ast.walk(target) if isinstance(inner, ast.Name)}
    return set()
