"""Which statements of a setup method make the value of one attribute, and what they need from around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradlint.static.knowledge import among
from gradlint.static.remedies.effects import (
    Effects,
    blocks_of,
    effects_of,
    header_effects,
    header_parts,
    parameters,
    simple_statements,
)
from gradlint.static.remedies.program import FIRST_METHODS, Definition, Program, receiver_of
from gradlint.static.remedies.purity import Objection, Verdict, objections


class CannotChangeError(Exception):
    """There is no way of changing the source that keeps what it means."""


@dataclass
class Slice:
    """The statements of `method` that make `attribute`.

    `kept` are simple statements and nested definitions in the order of the source; `stored` are locals and
    parameters whose value has to be kept on the object, since they cannot be computed again; `hoisted` are
    expressions of that kind; `doubts` are parts whose repetition gradlint cannot vouch for.
    """

    method: Definition
    attribute: str
    kept: list[ast.stmt] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    hoisted: list[ast.expr] = field(default_factory=list)
    doubts: list[ast.AST] = field(default_factory=list)
    reads: dict[str, list[ast.expr]] = field(default_factory=dict)
    scopes: set[ast.stmt] = field(default_factory=set)
    """Blocks around what is kept that the property does without: they only name operations, or only run once."""
    forgiven: ast.stmt | None = None
    """The statement that has an effect, and is meant to."""
    rounds: dict[ast.For, list[str]] = field(default_factory=dict)
    """Loops that make what they give the attribute, with the names that each round has to keep for it."""

    @property
    def writers(self) -> list[ast.stmt]:
        """The statements that assign or change the attribute itself."""
        receiver = receiver_of(self.method)
        return [one for one in self.kept if f".{self.attribute}" in effects_of(one, receiver).writes]

    def compounds(self, program: Program) -> set[ast.stmt]:
        """The compound statements around what is kept."""
        return {outer for one in self.kept for outer in statements_around(program, one, self.method)}


def statements_around(program: Program, node: ast.AST, method: Definition) -> Iterator[ast.stmt]:
    """The compound statements of a method around a node, from the inside out."""
    for outer in program.around(node):
        if outer is method:
            return
        if isinstance(outer, ast.stmt):
            yield outer


class Slicer:
    """Slices one method. `converted` are the attributes that will be properties, so that they are read live."""

    def __init__(self, program: Program, cls: ast.ClassDef, method: Definition, converted: frozenset[str]) -> None:
        self.program, self.cls, self.method, self.converted = program, cls, method, converted
        self.receiver = receiver_of(method)
        self.statements = list(simple_statements(method.body))
        self.parameters = [name for name in parameters(method) if name != self.receiver]
        self.locals = {
            name for one in self.statements for name in effects_of(one, self.receiver).binds if not name.startswith(".")
        } | {
            name
            for outer in ast.walk(method)
            if isinstance(outer, ast.stmt) and outer is not method
            for name in header_effects(outer, self.receiver).binds
        }
        self.helps = method.name not in FIRST_METHODS
        """Whether setup calls it, perhaps with weights: what it is given is kept, not what it makes of that."""
        self._movable: dict[str, bool] = {}

    def slice_of(self, attribute: str) -> Slice:
        """The slice for one attribute.

        Raises:
            CannotChangeError: its value cannot be computed outside this method.
        """
        found = Slice(self.method, attribute)
        return self._grow(found, self._last_writer(f".{attribute}"), {f".{attribute}"}, set())

    def slice_to(self, statement: ast.stmt) -> Slice:
        """The slice for a statement: all that it needs, and the statement itself as the last.

        Raises:
            CannotChangeError: it cannot be moved out of this method.
        """
        found = Slice(self.method, "", forgiven=statement)
        wanted: set[str] = set()
        self._want(effects_of(statement, self.receiver), wanted, set(), found)
        return self._grow(found, statement, wanted, {statement})

    def _grow(self, found: Slice, last: ast.stmt, wanted: set[str], kept: set[ast.stmt]) -> Slice:
        within = self.statements[: self.statements.index(last) + 1]
        seen: set[str] = set()
        headers: set[ast.stmt] = set()
        grown = True
        while grown:
            grown = False
            for statement in within:
                effects = effects_of(statement, self.receiver)
                if statement in kept or not self._defines(effects, wanted):
                    continue
                kept.add(statement)
                grown = True
                self._want(effects, wanted, seen, found)
                for outer in statements_around(self.program, statement, self.method):
                    if outer not in headers:
                        self._want_header(outer, headers, wanted, seen, found)
            grown |= self._keep_jumps(within, kept, headers, wanted, seen, found)
        found.kept = [one for one in within if one in kept]
        self._check(found, headers)
        return found

    def _last_writer(self, wanted: str) -> ast.stmt:
        writers = [one for one in self.statements if wanted in effects_of(one, self.receiver).writes]
        if not writers:
            raise CannotChangeError
        return writers[-1]

    def _defines(self, effects: Effects, wanted: set[str]) -> bool:
        return bool(effects.writes & wanted)

    def _want(self, effects: Effects, wanted: set[str], seen: set[str], found: Slice) -> None:
        """Ask for everything that a kept statement reads or changes and that only this method holds."""
        for name in [*effects.reads, *effects.changes]:
            if name in effects.reads:
                found.reads.setdefault(name, []).extend(effects.reads[name])
            if name.startswith(".") or name in seen:
                continue
            seen.add(name)
            if name in self.parameters and name not in self.locals:
                found.stored.append(name)
            elif name in self.locals:
                if name not in self.parameters and self._can_move(name):
                    wanted.add(name)
                else:
                    found.stored.append(name)

    def _want_header(
        self, outer: ast.stmt, headers: set[ast.stmt], wanted: set[str], seen: set[str], found: Slice
    ) -> None:
        """Ask for what the header of a kept block reads; what it alone binds is there."""
        headers.add(outer)
        effects = header_effects(outer, self.receiver)
        if self._runs_once(outer):
            found.scopes.add(outer)
            return
        if self._only_names(outer) and set(effects.reads) & {*self.parameters, *self.locals}:
            found.scopes.add(outer)
            return
        self._check_block(outer)
        given = {name for name in effects.binds if name not in self.parameters and not self._definitions(name)}
        seen |= given
        found.stored[:] = [name for name in found.stored if name not in given]
        self._want(effects, wanted, seen, found)

    def _runs_once(self, outer: ast.stmt) -> bool:
        """Whether a block asks for what it then sets itself, so that only the first run goes into it."""
        if not isinstance(outer, ast.If) or outer.orelse:
            return False
        asked = set(effects_of(outer.test, self.receiver).reads) - {"hasattr", "getattr", self.receiver}
        for node in ast.walk(outer.test):
            if isinstance(node, ast.Call):
                asked |= {
                    "." + one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
        bound = {name for one in outer.body for name in effects_of(one, self.receiver).binds}
        return bool(asked) and asked <= {name for name in bound if name.startswith(".")}

    def _only_names(self, outer: ast.stmt) -> bool:
        return isinstance(outer, ast.With) and all(
            isinstance(item.context_expr, ast.Call)
            and among("name_scopes", self.program.dotted(item.context_expr.func) or "")
            for item in outer.items
        )

    def _keep_jumps(
        self,
        within: list[ast.stmt],
        kept: set[ast.stmt],
        headers: set[ast.stmt],
        wanted: set[str],
        seen: set[str],
        found: Slice,
    ) -> bool:
        """Keep `break` and `continue` of the loops that are kept, with what decides on them."""
        grown = False
        for statement in within:
            if not isinstance(statement, (ast.Break, ast.Continue)) or statement in kept:
                continue
            outers = list(statements_around(self.program, statement, self.method))
            loop = next((one for one in outers if isinstance(one, (ast.For, ast.While))), None)
            if loop in headers:
                kept.add(statement)
                grown = True
                for outer in outers:
                    if outer not in headers:
                        self._want_header(outer, headers, wanted, seen, found)
        return grown

    def _check_block(self, outer: ast.stmt) -> None:
        if isinstance(outer, (ast.AsyncFor, ast.AsyncWith)):
            raise CannotChangeError

    # -- locals -----------------------------------------------------------------------------------------------

    def _definitions(self, name: str) -> list[ast.stmt]:
        return [one for one in self.statements if name in effects_of(one, self.receiver).writes]

    def _can_move(self, name: str) -> bool:
        """Whether a local can be computed again: it must be, where it comes from a weight."""
        if name not in self._movable:
            self._movable[name] = True
            self._movable[name] = self._comes_from_weight(name, set()) or self._is_pure(name, set())
        return self._movable[name]

    def _comes_from_weight(self, name: str, seen: set[str]) -> bool:
        if name in seen:
            return False
        seen.add(name)
        for statement in self._definitions(name):
            effects = effects_of(statement, self.receiver)
            if self._holds_frozen(statement) or self.converted & {one[1:] for one in effects.reads if one[0] == "."}:
                return True
            if any(self._comes_from_weight(read, seen) for read in effects.reads if read in self.locals):
                return True
        return False

    def _holds_frozen(self, node: ast.AST) -> bool:
        return any(
            isinstance(part, ast.expr) and self.program.span(part) in self.program.frozen for part in ast.walk(node)
        )

    def _is_pure(self, name: str, seen: set[str]) -> bool:
        """Whether a local depends on nothing but the object, constants and names of the module."""
        if name in seen:
            return True
        seen.add(name)
        definitions = self._definitions(name)
        for statement in definitions:
            if any(True for _ in objections(self.program, self.cls, statement)):
                return False
            effects = effects_of(statement, self.receiver)
            if not self.helps and any(read in self.parameters for read in effects.reads):
                return False
            if any(read.startswith(".") and self._changes_later(read, statement) for read in effects.reads):
                return False
            if any(not self._is_pure(read, seen) for read in effects.reads if read in self.locals):
                return False
        loops = [
            outer
            for outer in ast.walk(self.method)
            if isinstance(outer, ast.stmt) and name in header_effects(outer, self.receiver).binds
        ]
        return bool(definitions or loops) and all(
            self.helps
            or not any(True for part in (header_effects(loop, self.receiver).reads) if part in self.parameters)
            for loop in loops
        )

    def _changes_later(self, name: str, statement: ast.stmt) -> bool:
        """Whether an attribute gets another value after a statement has read it."""
        for owner in self.program.family(self.cls):
            for method in self.program.methods(owner):
                for other in simple_statements(method.body):
                    if name not in effects_of(other, receiver_of(method)).writes:
                        continue
                    before = other.lineno < statement.lineno if method is self.method else method.name == "__init__"
                    if not before:
                        return True
        return False

    # -- what speaks against it -------------------------------------------------------------------------------

    def _check(self, found: Slice, headers: set[ast.stmt]) -> None:
        kept = found.kept
        named = {name for one in found.scopes for name in header_effects(one, self.receiver).binds}
        if any(named & set(effects_of(one, self.receiver).reads) for one in kept):
            raise CannotChangeError
        headers = headers - found.scopes
        headers -= self._find_rounds(found, headers)
        allowed = {f".{name}" for name in self.converted} | {f".{found.attribute}"}
        for statement in kept:
            effects = effects_of(statement, self.receiver)
            if effects.opaque or effects.asks_all or isinstance(statement, (ast.Return, ast.Raise, ast.Delete)):
                raise CannotChangeError
            if any(name.startswith(".") and name not in allowed for name in effects.writes):
                raise CannotChangeError
            if any(isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await)) for part in _own_parts(statement)):
                raise CannotChangeError
        for part in [*kept, *(item for header in headers for item in header_parts(header))]:
            for objection in objections(self.program, self.cls, part):
                self._object(found, objection, headers)
        if any(isinstance(one, ast.Return) for one in self._before(kept[-1])):
            raise CannotChangeError
        loops = [one for one in headers if isinstance(one, (ast.For, ast.While))]
        for name in found.stored:
            if any(name in effects_of(one, self.receiver).writes for one in [*kept, *loops]):
                raise CannotChangeError  # it has another value in each round

    def _find_rounds(self, found: Slice, headers: set[ast.stmt]) -> set[ast.For]:
        """Note the loops whose rounds bind what has to be stored: the property counts through what each one kept."""
        for name in found.stored:
            makers = [one for one in self._definitions(name) if one not in found.kept]
            loop = next((one for one in headers if isinstance(one, ast.For) and {*makers} & {*one.body}), None)
            if loop is not None and name not in found.rounds.get(loop, ()):
                self._check_round(found, loop, name, makers)
                found.rounds.setdefault(loop, []).append(name)
        kept = {name for names in found.rounds.values() for name in names}
        for loop, names in found.rounds.items():
            inside = self._reads_within(found, headers, loop)
            names[:0] = sorted(header_effects(loop, self.receiver).binds & inside)
            asked = set(header_effects(loop, self.receiver).reads)
            elsewhere = {name for one in found.kept for name in effects_of(one, self.receiver).reads}
            elsewhere |= {name for one in headers - {loop} for name in header_effects(one, self.receiver).reads}
            kept |= asked - elsewhere
        found.stored[:] = [name for name in found.stored if name not in kept]
        return {*found.rounds}

    def _check_round(self, found: Slice, loop: ast.For, name: str, makers: list[ast.stmt]) -> None:
        """Each round must have made a value before anything that is copied reads it.

        Raises:
            CannotChangeError: it may not have.
        """
        within = [one for one in loop.body if any(inner in found.kept for inner in simple_statements([one]))]
        jumps = any(isinstance(one, (ast.Break, ast.Continue)) for one in found.kept)
        known = len(makers) == 1 and name not in self.parameters and makers[0].lineno < within[0].lineno
        bound = {name, *header_effects(loop, self.receiver).binds}
        inside = {*ast.walk(loop)}
        behind = any(bound & set(effects_of(one, self.receiver).reads) for one in found.kept if one not in inside)
        if found.forgiven is not None or loop.orelse or loop not in self.method.body or jumps or not known or behind:
            raise CannotChangeError

    def _reads_within(self, found: Slice, headers: set[ast.stmt], loop: ast.For) -> set[str]:
        """The names that the copied part of a loop's body reads."""
        inside = set(ast.walk(loop)) - {loop}
        read = {name for one in found.kept if one in inside for name in effects_of(one, self.receiver).reads}
        return read | {name for one in headers & inside for name in header_effects(one, self.receiver).reads}

    def _object(self, found: Slice, objection: Objection, headers: set[ast.stmt]) -> None:
        if objection.verdict is Verdict.DOUBTFUL:
            found.doubts.append(objection.node)
            return
        node = self._read_out(objection.node)
        if found.forgiven is not None:
            if isinstance(found.forgiven, ast.Expr) and node is found.forgiven.value:
                return
            raise CannotChangeError
        if not isinstance(node, ast.Call) or self._holds_frozen(node):
            raise CannotChangeError
        effects = effects_of(node, self.receiver)
        bound_inside = {name for one in found.kept for name in effects_of(one, self.receiver).binds}
        statement = self.program.statement_of(node)
        loops = any(isinstance(one, (ast.For, ast.While)) for one in headers)
        nested = any(
            isinstance(one, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp))
            for one in self.program.around(node)
        )
        if loops or nested or statement not in found.kept or bound_inside & set(effects.reads):
            raise CannotChangeError
        if not any(node in ast.walk(other) for other in found.hoisted):
            found.hoisted.append(node)

    def _read_out(self, node: ast.AST) -> ast.AST:
        """What is made of a file or an iterator, which can be read only once."""
        name = self.program.dotted(node.func) if isinstance(node, ast.Call) else None
        if name is None or not among("consumables", name):
            return node
        around = self.program.parents.get(node)
        if not isinstance(around, ast.Call) or self._holds_frozen(around):
            raise CannotChangeError
        return around

    def _before(self, last: ast.stmt) -> list[ast.stmt]:
        return self.statements[: self.statements.index(last)]


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement outside the functions that it defines."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def block_holding(method: Definition, statement: ast.stmt) -> list[ast.stmt]:
    """The block that a statement stands in."""
    waiting = [method.body]
    while waiting:
        block = waiting.pop()
        if any(one is statement for one in block):
            return block
        for one in block:
            waiting.extend(blocks_of(one))
    raise CannotChangeError
