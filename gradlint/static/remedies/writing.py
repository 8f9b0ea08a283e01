"""Writing the steps that make one attribute a property: what is stored for it, what is copied, what is renamed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from gradlint.changes import AddProperty, InsertBefore, Step, Substitute
from gradlint.run import Span
from gradlint.static.knowledge import base_kind, created_flavour
from gradlint.static.remedies.effects import effects_of, header_effects, parameters, root_of, simple_statements
from gradlint.static.remedies.program import Program, receiver_of
from gradlint.static.remedies.slicing import CannotChangeError, Slice, Slicer, block_holding, statements_around

TRACKED = "`{}` becomes an attribute, which is tracked if it holds a layer or a variable"
PLAIN_TYPES = frozenset({"int", "float", "str", "bool", "bytes"})


class Writer:
    """Writes the steps for one attribute."""

    def __init__(
        self,
        program: Program,
        cls: ast.ClassDef,
        converted: frozenset[str],
        found: Slice,
        removed: list[ast.stmt],
        steps: list[Step],
    ) -> None:
        self.program, self.cls, self.converted, self.found = program, cls, converted, found
        self.removed, self.steps = removed, steps
        self.receiver = receiver_of(found.method)
        self.reasons: list[str] = []
        self.taken = {name for one in program.classes() for name in _attribute_names(one)}

    def write(self) -> None:
        """Add the steps: what has to be stored, then the property."""
        found, program = self.found, self.program
        substitutes: list[Substitute] = []
        lines: list[str] = []
        for name in dict.fromkeys(found.stored):
            alias = self._alias(name)
            items = self._items(name) if alias is None else []
            if items:
                substitutes += self._store_items(items, lines)
                continue
            attribute = alias or self._store(name, lines)
            for node in found.reads.get(name, ()):
                self._not_in_string(node)
                substitutes.append(Substitute(program.span(node), f"{self.receiver}.{attribute}"))
        for call in found.hoisted:
            attribute = self._fresh(_name_of(call))
            lines.append(f"{self.receiver}.{attribute} = {program.text(call)}")
            self._not_in_string(call)
            if self._tracks() and _is_made(program, call):
                self.reasons.append(f"what `{attribute}` holds is tracked under that name, also in checkpoints")
            hoisted = program.span(call)
            substitutes = [one for one in substitutes if not _holds(hoisted, one.span)]
            substitutes.append(Substitute(hoisted, f"{self.receiver}.{attribute}"))
        if lines:
            self.steps.append(InsertBefore(program.span(self._anchor()), tuple(lines)))
        for loop, names in found.rounds.items():
            substitutes += self._store_rounds(loop, names)
        self.steps.append(self._property(substitutes))

    def _property(self, substitutes: list[Substitute]) -> AddProperty:
        found, program = self.found, self.program
        attribute = found.attribute
        copied = frozenset(program.span(one) for one in [*found.kept, *found.compounds(program)])
        everything = [*found.kept, *found.compounds(program)]
        moved = frozenset(program.span(one) for one in everything if one in self.removed)
        result = None
        local = ""
        last = found.kept[-1]
        own = [node for one in found.kept for node in effects_of(one, self.receiver).reads.get(f".{attribute}", ())]
        others = {name for one in found.kept[:-1] for name in effects_of(one, self.receiver).writes if name[0] == "."}
        if found.writers == [last] and not own and not others and last in found.method.body + self._transparent():
            result = _plain_value(last, attribute, self.receiver)
        if result is None:
            local = self._localized(substitutes)
        return AddProperty(
            method=program.span(found.method),
            receiver=self.receiver,
            name=attribute,
            copied=copied,
            substitutes=tuple(substitutes),
            result=None if result is None else program.span(result),
            local=local,
            moved=moved,
            unwrapped=frozenset(program.span(one) for one in found.scopes),
        )

    def _localized(self, substitutes: list[Substitute]) -> str:
        """Let locals take the place of the attributes that the copies assign; the name of the one asked for."""
        kept, receiver = self.found.kept, self.receiver
        written = {name[1:] for one in kept for name in effects_of(one, receiver).writes if name.startswith(".")}
        locals_ = {name: self._local_name(name) for name in sorted(written)}
        if len(set(locals_.values())) < len(locals_) or any(
            _is_setattr(node) for one in kept for node in ast.walk(one)
        ):
            raise CannotChangeError
        for one in kept:
            for node in ast.walk(one):
                root = root_of(node, receiver) if isinstance(node, ast.Attribute) else None
                if root == f".{getattr(node, 'attr', '')}" and root[1:] in locals_:
                    self._not_in_string(node)
                    substitutes.append(Substitute(self.program.span(node), locals_[root[1:]]))
        for compound in self.found.compounds(self.program):
            if {f".{name}" for name in written} & set(header_effects(compound, receiver).reads):
                raise CannotChangeError
        return locals_[self.found.attribute]

    def _transparent(self) -> list[ast.stmt]:
        """The writer, if only `with` blocks stand around it: a `return` in one of those is the same."""
        last = self.found.kept[-1]
        around = statements_around(self.program, last, self.found.method)
        return [last] if all(isinstance(outer, ast.With) or outer in self.found.scopes for outer in around) else []

    def _anchor(self) -> ast.stmt:
        """The statement before which values are stored: they are known by then, whatever branch is taken."""
        program, method = self.program, self.found.method
        last = self.found.writers[-1]
        outers = [one for one in statements_around(program, last, method) if isinstance(one, ast.stmt)]
        anchor = last
        for outer in outers:
            if not isinstance(outer, ast.With):
                anchor = outer
        block_holding(method, anchor)
        slicer = Slicer(program, self.cls, method, frozenset())
        inside = set(ast.walk(anchor)) if anchor is not last else set()
        order = {statement: number for number, statement in enumerate(slicer.statements)}
        for name in self.found.stored:
            definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
            readers = [one for one in self.found.kept if name in effects_of(one, self.receiver).reads]
            if any(one in inside for one in definitions):
                raise CannotChangeError
            between = [one for one in definitions if one.lineno < anchor.lineno or order[one] < order[last]]
            if readers and any(order[one] > order[readers[0]] for one in between):
                raise CannotChangeError
        return anchor

    def _alias(self, name: str) -> str | None:
        """An attribute that holds a local's or parameter's value already."""
        slicer = Slicer(self.program, self.cls, self.found.method, frozenset())
        definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
        if len(definitions) > (0 if name in slicer.parameters else 1):
            return None
        for statement in self.found.method.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
                targets = statement.targets if statement.value.id == name else []
            elif isinstance(statement, ast.Assign) and statement in definitions:
                targets = statement.targets
            for target in targets:
                root = root_of(target, self.receiver)
                if (
                    isinstance(target, ast.Attribute)
                    and root == f".{target.attr}"
                    and target.attr not in self.converted
                    and self._written_once(target.attr)
                ):
                    return target.attr
        return None

    def _written_once(self, attribute: str) -> bool:
        program = self.program
        writers = [
            one
            for owner in program.family(self.cls)
            for method in program.methods(owner)
            for one in Slicer(program, owner, method, frozenset()).statements
            if f".{attribute}" in effects_of(one, receiver_of(method)).writes
        ]
        return len(writers) == 1 and not any(
            one.name == attribute for owner in program.family(self.cls) for one in program.methods(owner)
        )

    def _store(self, name: str, lines: list[str]) -> str:
        attribute = self._fresh(name)
        lines.append(f"{self.receiver}.{attribute} = {name}")
        if not self._is_plain(name) and self._tracks():
            self.reasons.append(TRACKED.format(name))
        return attribute

    def _store_rounds(self, loop: ast.For, names: list[str]) -> list[Substitute]:
        """Keep what each round of a loop has made in a list, and let the property's loop go through that."""
        program = self.program
        attribute = self._fresh(names[-1])
        inside = [one for one in loop.body if any(inner in self.found.kept for inner in simple_statements([one]))]
        listed = names[0] if len(names) == 1 else f"({', '.join(names)})"
        first = InsertBefore(program.span(loop), (f"{self.receiver}.{attribute} = []",))
        each = InsertBefore(program.span(inside[0]), (f"{self.receiver}.{attribute}.append({listed})",))
        self.steps += [first, each]
        if self._tracks() and not all(self._is_plain(name) for name in names):
            self.reasons.append(TRACKED.format(listed))
        target = Substitute(program.span(loop.target), ", ".join(names))
        return [target, Substitute(program.span(loop.iter), f"{self.receiver}.{attribute}")]

    def _items(self, name: str) -> list[ast.Subscript]:
        """The items of a table, if nothing but those is read of it: the rest of the table need not be kept."""
        nodes = self.found.reads.get(name, ())
        around = [self.program.parents.get(node) for node in nodes]
        items = [one for one in around if isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Constant)]
        conditional = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        method = self.found.method
        for one in items:
            outers = list(self.program.around(one))[: list(self.program.around(one)).index(method)]
            if (
                any(isinstance(outer, conditional) for outer in outers)
                or self.program.statement_of(one) not in method.body
            ):
                return []
        # A word for a key tells a table from a weight, whose elements must not be taken here.
        words = [one for one in items if isinstance(getattr(one.slice, "value", None), str)]
        return items if words and len(items) == len(around) else []

    def _store_items(self, items: list[ast.Subscript], lines: list[str]) -> list[Substitute]:
        attributes: dict[str, str] = {}
        for one in items:
            text = self.program.text(one)
            if text not in attributes:
                key = getattr(one.slice, "value", None)
                attributes[text] = self._fresh(key if isinstance(key, str) and key.isidentifier() else "item")
                lines.append(f"{self.receiver}.{attributes[text]} = {text}")
                if self._tracks():
                    self.reasons.append(TRACKED.format(text))
            self._not_in_string(one)
        spans = [(self.program.span(one), attributes[self.program.text(one)]) for one in items]
        return [Substitute(span, f"{self.receiver}.{attribute}") for span, attribute in spans]

    def _tracks(self) -> bool:
        """Whether the object looks for variables among its attributes, as a plain one does not."""
        known = {owner.name for owner in self.program.family(self.cls)}
        bases = [base for owner in self.program.family(self.cls) for base in owner.bases]
        names = [self.program.dotted(base) for base in bases if getattr(base, "id", None) not in known]
        return any(name is None or base_kind(name) != "plain object" for name in names)

    def _fresh(self, name: str) -> str:
        own, kept = self.found.attribute.strip("_"), name.strip("_")
        wanted = f"_given_{kept}" if own == kept else f"_{own}_{kept}"
        number = 1
        fresh = wanted
        while fresh in self.taken:
            number += 1
            fresh = f"{wanted}_{number}"
        self.taken.add(fresh)
        return fresh

    def _is_plain(self, name: str) -> bool:
        """Whether a value is certainly no layer and no variable that nobody tracked before."""
        method = self.found.method
        if name in parameters(method):
            if method.name == "build":
                return True
            given = method.args
            for argument, default in _with_defaults(given):
                if argument.arg == name:
                    if isinstance(argument.annotation, ast.Name) and argument.annotation.id in PLAIN_TYPES:
                        return True
                    return isinstance(default, ast.Constant) and default.value is not None
            return False
        slicer = Slicer(self.program, self.cls, method, frozenset())
        definitions = [one for one in slicer.statements if name in effects_of(one, self.receiver).writes]
        return all(isinstance(one, ast.Assign) and self._makes_plain(one.value) for one in definitions)

    def _makes_plain(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Call):
            called = self.program.dotted(value.func)
            if called in {"builtins.int", "builtins.float", "builtins.len", "builtins.tuple", "builtins.list"}:
                return True
            if isinstance(value.func, ast.Attribute) and value.func.attr == "add_weight":
                return True
            return called is not None and called.startswith(("tf.random.", "np.", "tf.shape"))
        return not any(isinstance(node, ast.Call) for node in ast.walk(value))

    def _local_name(self, attribute: str) -> str:
        used = {node.id for one in self.found.kept for node in ast.walk(one) if isinstance(node, ast.Name)} | {
            one.arg for kept in self.found.kept for one in ast.walk(kept) if isinstance(one, ast.arg)
        }
        local = attribute.strip("_") or "value"
        while local in used:
            local += "_"
        return local

    def _not_in_string(self, node: ast.AST) -> None:
        if any(isinstance(outer, ast.JoinedStr) for outer in self.program.around(node)):
            raise CannotChangeError


def _attribute_names(cls: ast.ClassDef) -> Iterable[str]:
    for node in ast.walk(cls):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name


def _with_defaults(given: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    return [
        *zip(plain, [*defaults, *given.defaults], strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]


def _name_of(call: ast.expr) -> str:
    """What to call the value of a call: the name that it gives a weight, or what is called."""
    if isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                name = str(keyword.value.value)
                if name.isidentifier():
                    return name
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "value")
        return re.sub(r"\W", "_", str(called)).lower()
    return "value"


def _plain_value(statement: ast.stmt, attribute: str, receiver: str) -> ast.expr | None:
    """The value of `self.attribute = value`."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        own = isinstance(target, ast.Attribute) and root_of(target, receiver) == f".{attribute}"
        return statement.value if own else None
    if isinstance(statement, ast.Expr) and _is_setattr(statement.value) and isinstance(statement.value, ast.Call):
        return statement.value.args[2] if len(statement.value.args) == 3 else None
    return None


def _is_made(program: Program, call: ast.expr) -> bool:
    """Whether a call makes a layer or a variable that is not the object's own weight."""
    name = program.dotted(call.func) if isinstance(call, ast.Call) else None
    return name is not None and (created_flavour(name) is not None or base_kind(name) is not None)


def _is_setattr(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr"


def _holds(outer: Span, inner: Span) -> bool:
    return (outer.row, outer.column) <= (inner.row, inner.column) and (inner.end_row, inner.end_column) <= (
        outer.end_row,
        outer.end_column,
    )
