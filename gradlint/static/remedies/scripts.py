"""What a script computes once is computed where it is used: in each function or block of a tape that reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradlint.changes import Change, Insert, MoveInto, Remove, Step
from gradlint.diagnostics import Diagnostic
from gradlint.run import Role
from gradlint.static.remedies.effects import effects_of, parameters
from gradlint.static.remedies.passing import passed_by, reasons_of_passing
from gradlint.static.remedies.program import Definition, Program, is_imported
from gradlint.static.remedies.purity import Verdict, objections, verdict_of_function
from gradlint.static.remedies.slicing import CannotChangeError
from gradlint.static.remedies.tapes import block_of, is_tape

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Scope = ast.Module | Definition
Place = ast.With | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Bound:
    """The names of one scope: who binds each, and where each is read."""

    statements: dict[str, list[ast.AST]] = field(default_factory=dict)
    reads: dict[str, list[ast.Name]] = field(default_factory=dict)


def script_change(program: Program, finding: Diagnostic) -> Change | None:
    """The statement at a finding's place, and what depends on it, moved to whoever uses it."""
    spans = [finding.span, *(stop.span for stop in finding.stops if stop.role in {Role.READ, Role.KEPT})]
    for span in spans:
        for node in program.at.get(span, ()):
            statement = program.statement_of(node)
            if statement is not None and _targets(statement):
                try:
                    return _moved(program, statement)
                except CannotChangeError:
                    continue
    for statement in _statements_of_used(program, finding):
        try:
            reasons = _reasons_of_methods(program, finding, statement)
            change = _moved(program, statement)
            return replace(change, reasons=(*change.reasons, *reasons))
        except CannotChangeError:
            continue
    return None


def _statements_of_used(program: Program, finding: Diagnostic) -> Iterator[ast.stmt]:
    """The statements that bind what the forward phase uses: what they call may read the weight elsewhere."""
    for stop in finding.stops:
        if stop.role is Role.USED:
            names = [one for node in program.at.get(stop.span, ()) for one in ast.walk(node)]
            for one in names:
                if isinstance(one, ast.Name):
                    yield from _binding(program, one)


def _binding(program: Program, name: ast.Name) -> Iterator[ast.stmt]:
    """The assignment of a name that it can only mean."""
    for scope in program.around(name):
        if isinstance(scope, (ast.Module, *FUNCTIONS)):
            made = _bound(scope).statements.get(name.id, [])
            if made:
                statement = program.statement_of(made[0])
                if len(made) == 1 and statement is not None and name.id in _targets(statement):
                    yield statement
                return


def _reasons_of_methods(program: Program, finding: Diagnostic, statement: ast.stmt) -> Iterator[str]:
    """A method that reads the weight may be called without a call that can be seen: by an operator, by a loop."""
    for node in program.at.get(finding.span, ())[:1]:
        owner = program.method_of(node)
        if owner is not None:
            if verdict_of_function(program, owner[1], owner[0]) is Verdict.IMPURE:
                raise CannotChangeError
            line = " ".join(program.text(statement).split())
            yield f"gradlint does not see all that `{line[:40]}` calls"


def _targets(statement: ast.stmt) -> list[str]:
    """The names that an assignment binds; none if it binds anything else."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets.append(statement.target)
    elif isinstance(statement, ast.Assign):
        targets += statement.targets
    names: list[str] = []
    for target in targets:
        for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if not isinstance(one, ast.Name):
                return []
            names.append(one.id)
    return names


def _moved(program: Program, first: ast.stmt) -> Change:
    scope = next(one for one in program.around(first) if isinstance(one, (ast.Module, ast.ClassDef, *FUNCTIONS)))
    if isinstance(scope, ast.ClassDef):
        raise CannotChangeError
    bound = _bound(scope)
    movable = _movable(program, first, bound)
    changed = {name for one in scope.body if one not in movable for name in effects_of(one, "").changes}
    if changed & {*_targets(first)}:
        raise CannotChangeError  # what it holds is changed where it stands
    places: dict[Place, set[str]] = {}
    outside: set[str] = set()
    for name in [name for one in movable for name in _targets(one)]:
        for read in bound.reads.get(name, ()):
            if program.statement_of(read) in movable:
                continue
            place = _place(program, read, scope)
            if place is None:
                outside.add(name)
            else:
                places.setdefault(place, set()).add(name)
    if not places:
        raise CannotChangeError
    if isinstance(scope, ast.Module):
        outside |= {
            name
            for one in movable
            for name in _targets(one)
            if is_imported(program.module.filename, name, program.others())
        }
    steps: list[Step] = []
    reasons: list[str] = []
    taken: list[ast.stmt] = []
    passings: list[tuple[list[ast.stmt], list[ast.AST]]] = []
    for place, names in places.items():
        needed = _needed(movable, names)
        if first not in needed:
            continue
        _check_names(program, place, scope, needed)
        reasons += _reasons(program, bound, needed)
        passed = passed_by(program, needed[0], block_of(program, first), place)
        passings.append((needed, [one for one in passed if one not in movable]))
        spans = tuple(program.span(one) for one in needed)
        if isinstance(place, ast.With):
            anew = sorted(outside & {name for one in needed for name in _targets(one)})
            reasons += [f"`{name}` is read outside the tape, too, and computed anew by then" for name in anew]
            steps.append(MoveInto(program.span(place), spans, at_start=True, copies=True))
        else:
            steps.append(Insert(program.span(place), spans))
        taken += [one for one in needed if one not in taken]
    if not taken:
        raise CannotChangeError
    # Behind its first use it is to follow what trains the weight.
    reasons += reasons_of_passing(program, *min(passings, key=lambda one: len(one[1])))
    steps += [Remove(program.span(one)) for one in _unneeded(taken, movable, outside)]
    moved = sorted({name for one in taken for name in _targets(one)})
    where = ["the block of the tape" if isinstance(one, ast.With) else f"`{one.name}`" for one in places]
    message = f"compute {_listed([f'`{name}`' for name in moved])} in {_listed(list(dict.fromkeys(where)))}"
    return Change(message, tuple(steps), tuple(dict.fromkeys(reasons)))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _bound(scope: Scope) -> Bound:
    """The names that a scope binds and that it, and the functions in it, read of it."""
    found = Bound()

    def visit(node: ast.AST, hidden: frozenset[str], in_class: bool = False) -> None:
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            for outside in [*node.args.defaults, *node.args.kw_defaults, *getattr(node, "decorator_list", ())]:
                if outside is not None:
                    visit(outside, hidden)
            own = frozenset(parameters(node)) | _own_names(node)
            for inner in node.body if isinstance(node.body, list) else [node.body]:
                visit(inner, hidden | own)
            if isinstance(node, FUNCTIONS) and not hidden and not in_class:
                found.statements.setdefault(node.name, []).append(node)
            return
        if isinstance(node, ast.ClassDef):
            if not hidden and not in_class:
                found.statements.setdefault(node.name, []).append(node)
            own = frozenset(name for one in node.body for name in effects_of(one, "").binds)
            for part in ast.iter_child_nodes(node):
                # what a class binds is hidden from its own statements, but not from its methods
                visit(part, hidden if isinstance(part, FUNCTIONS) else hidden | own, in_class=True)
            return
        if isinstance(node, ast.Name) and node.id not in hidden:
            if isinstance(node.ctx, ast.Load):
                found.reads.setdefault(node.id, []).append(node)
            else:
                found.statements.setdefault(node.id, []).append(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                found.statements.setdefault(name, []).append(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and not hidden:
            for name in effects_of(node, "").binds:
                found.statements.setdefault(name, []).append(node)
        for child in ast.iter_child_nodes(node):
            visit(child, hidden)

    for statement in scope.body:
        visit(statement, frozenset())
    for name in parameters(scope) if isinstance(scope, FUNCTIONS) else ():
        found.statements.setdefault(name, []).append(scope)
    return found


def _own_names(function: Definition | ast.Lambda) -> frozenset[str]:
    """What a function binds for itself."""
    if isinstance(function, ast.Lambda):
        return frozenset()
    shared = {name for one in ast.walk(function) if isinstance(one, (ast.Global, ast.Nonlocal)) for name in one.names}
    return frozenset({name for one in function.body for name in effects_of(one, "").binds} - shared)


def _movable(program: Program, first: ast.stmt, bound: Bound) -> list[ast.stmt]:
    """A statement, and those behind it in its block that only compute something from what it binds.

    Raises:
        CannotChangeError: the statement itself cannot be moved.
    """
    block = block_of(program, first)
    if not block:
        raise CannotChangeError
    found: list[ast.stmt] = []
    names: set[str] = set()
    for statement in block[block.index(first) :]:
        targets = _targets(statement)
        if statement is not first and not names & set(effects_of(statement, "").reads):
            continue
        once = bool(targets) and all(len(bound.statements[name]) == 1 for name in targets)
        if not once or effects_of(statement, "").changes or not _is_pure(program, statement):
            if statement is first:
                raise CannotChangeError
            continue
        found.append(statement)
        names |= set(targets)
    return found


def _is_pure(program: Program, statement: ast.stmt) -> bool:
    return not any(one.verdict is Verdict.IMPURE for one in objections(program, None, statement))


def _place(program: Program, read: ast.Name, scope: Scope) -> Place | None:
    """The innermost function or block of a tape around a read, within its scope."""
    inside: ast.AST = read
    for outer in program.around(read):
        if outer is scope:
            return None
        if isinstance(outer, FUNCTIONS) and inside in outer.body:
            return outer
        if isinstance(outer, ast.With) and is_tape(program, outer) and inside in outer.body:
            return outer
        inside = outer
    return None


def _needed(movable: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements that some names need, in the order of the source."""
    wanted = set(names)
    found: list[ast.stmt] = []
    for statement in reversed(movable):
        if wanted & set(_targets(statement)):
            found.append(statement)
            wanted |= set(effects_of(statement, "").reads)
    return found[::-1]


def _check_names(program: Program, place: Place, scope: Scope, needed: list[ast.stmt]) -> None:
    """Every name of moved statements must mean the same in their new place.

    Raises:
        CannotChangeError: one does not.
    """
    names = {name for one in needed for name in [*_targets(one), *effects_of(one, "").reads]}
    for outer in [place, *program.around(place)]:
        if outer is scope:
            return
        if isinstance(outer, (*FUNCTIONS, ast.Lambda)):
            taken = {*parameters(outer), *_own_names(outer)}
            if taken & names or (isinstance(outer, FUNCTIONS) and outer.name in names):
                raise CannotChangeError
        elif isinstance(outer, ast.ClassDef) and outer.name in names:
            raise CannotChangeError


def _reasons(program: Program, bound: Bound, needed: list[ast.stmt]) -> Iterator[str]:
    own = {name for one in needed for name in _targets(one)}
    for statement in needed:
        for objection in objections(program, None, statement):
            line = " ".join(program.text(objection.node).split())
            yield f"gradlint cannot tell whether `{line[:40]}` may run each time"
        for name in effects_of(statement, "").reads:
            if name not in own and name not in program.libraries and len(bound.statements.get(name, ())) > 1:
                yield f"`{name}` is bound more than once"


def _unneeded(taken: list[ast.stmt], movable: list[ast.stmt], outside: set[str]) -> list[ast.stmt]:
    """The moved statements that nothing reads where they stood."""
    staying = [one for one in movable if one not in taken]
    needed = outside | {name for one in staying for name in effects_of(one, "").reads}
    gone: list[ast.stmt] = []
    for statement in reversed(taken):
        if needed & set(_targets(statement)):
            needed |= set(effects_of(statement, "").reads)
        else:
            gone.append(statement)
    return gone
