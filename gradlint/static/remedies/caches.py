"""A value that the first call caches is computed in each call: the cache, or the question whether it is full, goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradlint.changes import Change, Remove, RemoveDecorator, Step, Substitute, Unwrap
from gradlint.diagnostics import Diagnostic
from gradlint.run import Role
from gradlint.static.knowledge import among
from gradlint.static.remedies.effects import changes_in_place, effects_of, simple_statements
from gradlint.static.remedies.ownership import only_home, outside_reasons
from gradlint.static.remedies.program import Definition, Program, receiver_of
from gradlint.static.remedies.purity import Verdict, objections
from gradlint.static.remedies.slicing import CannotChangeError
from gradlint.static.remedies.uses import (
    ONE_OBJECT,
    is_container,
    reasons_of_containers,
    reasons_of_uses,
    writes_beyond,
)

DECORATOR = "`{}` may do more than keep what was returned"
EAGER = "`{}` runs operation by operation where nothing around it is traced"
SHARED = "`{}` may hold what another call or object has put there"
HARMLESS = frozenset({"builtins.hasattr", "builtins.getattr", "builtins.len", "builtins.bool"})


def cache_change(program: Program, finding: Diagnostic) -> Change | None:
    """No cache around the place where the finding's weight is read."""
    places = list(_places(program, finding))
    try:
        for node in places:
            found = (
                _traced(program, node)
                or _decorated(program, node)
                or _assigned(program, node)
                or _decorated_by_own(program, node, finding)
            )
            if found is not None:
                return found
        for node in places:
            found = _lazy(program, node)
            if found is not None:
                return found
    except CannotChangeError:
        pass
    return None


def _places(program: Program, finding: Diagnostic) -> Iterator[ast.AST]:
    """What keeps the value, and where the weight is read; the most telling first."""
    spans = [stop.span for stop in finding.stops if stop.role is Role.KEPT]
    for span in [*spans, finding.span]:
        yield from program.at.get(span, ())


# -- decorators -------------------------------------------------------------------------------------------------


def _traced(program: Program, node: ast.AST) -> Change | None:
    """`tf.function` goes, where Keras 3 traces it while it builds the layer."""
    function = program.parents.get(node)
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or node not in function.decorator_list:
        return None
    if program.dotted(node.func if isinstance(node, ast.Call) else node) != "tf.function":
        return None
    steps = (RemoveDecorator(program.span(node)),)
    return Change(f"leave the tracing of `{function.name}` to what calls it", steps, (EAGER.format(function.name),))


def _decorated(program: Program, node: ast.AST) -> Change | None:
    for outer in (node, *program.around(node)):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in outer.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = program.dotted(called)
                if name is not None and among("caches", name):
                    return _without_cache(program, outer, decorator, name)
    return None


def _decorated_by_own(program: Program, node: ast.AST, finding: Diagnostic) -> Change | None:
    """A decorator of the project, be it of another module, that keeps what the function returned, goes."""
    for outer in program.around(node):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if len(outer.decorator_list) != 1:
                return None
            (decorator,) = outer.decorator_list
            if not _is_kept_by(program, decorator, finding):
                return None
            step: Step = RemoveDecorator(program.span(decorator))
            message = f"compute `{outer.name}` each time"
            if not _is_called(program, outer):
                step = Substitute(program.span(decorator), "property")
                message = f"make `{outer.name}` a property that is computed each time"
            reasons = (DECORATOR.format(program.text(decorator)), *_repeated(program, outer, outer.body))
            return Change(message, (step,), reasons)
    return None


def _is_kept_by(program: Program, decorator: ast.expr, finding: Diagnostic) -> bool:
    """Whether the value is kept in another module, or in what defines a decorator."""
    here = program.module.filename
    kept = [stop.span for stop in finding.stops if stop.role is Role.KEPT]
    if any(span.filename != here for span in kept):
        return True
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    bound = program.bindings.get(name.id, []) if isinstance(name, ast.Name) else []
    places = [program.span(one) for one in bound if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    return any(place.row <= span.row <= place.end_row for place in places for span in kept)


def _is_called(program: Program, function: Definition) -> bool:
    """Whether a function is called where it is named, as what a descriptor makes of a method is not."""
    owner = program.method_of(function.body[0])
    reads = [node for node in ast.walk(program.module.tree) if getattr(node, "attr", None) == function.name]
    called = [node for node in reads if getattr(program.parents.get(node), "func", None) is node]
    return owner is None or not reads or bool(called)


def _assigned(program: Program, node: ast.AST) -> Change | None:
    """`kernel = cached_property(_kernel)` in the body of a class."""
    owner = program.method_of(node)
    for statement in owner[1].body if owner is not None else ():
        value = statement.value if isinstance(statement, ast.Assign) else None
        if owner is None or not isinstance(value, ast.Call) or not isinstance(statement, ast.Assign):
            continue
        given = value.args[0] if len(value.args) == 1 and not value.keywords else None
        name = program.dotted(value.func)
        target = statement.targets[0] if len(statement.targets) == 1 else None
        if not isinstance(given, ast.Name) or given.id != owner[0].name or not isinstance(target, ast.Name):
            continue
        if name is not None and name.endswith("cached_property") and among("caches", name):
            reasons = _of_property(program, owner[1], target.id, owner[0])
            message = f"make `{target.id}` a property that is computed each time"
            return Change(message, (Substitute(program.span(value.func), "property"),), tuple(reasons))
    return None


def _of_property(program: Program, cls: ast.ClassDef, name: str, function: Definition) -> list[str]:
    """Why a function should not be a property of this name, perhaps.

    Raises:
        CannotChangeError: it certainly should not.
    """
    if writes_beyond(function) or program.effects(function).opaque:
        raise CannotChangeError
    reasons = _repeated(program, function, function.body)
    only_home(program, cls, name)
    return [*reasons, *outside_reasons(program, cls, name), *reasons_of_uses(program, cls, name, function.body)]


def _without_cache(program: Program, function: Definition, decorator: ast.expr, name: str) -> Change:
    step: Step
    if name.endswith("cached_property"):
        owner = program.method_of(function.body[0])
        if owner is None:
            raise CannotChangeError
        reasons = _of_property(program, owner[1], function.name, function)
        step = Substitute(program.span(decorator), "property")
        message = f"make `{function.name}` a property that is computed each time"
    else:
        reasons = _repeated(program, function, function.body)
        if writes_beyond(function) or program.effects(function).opaque:
            raise CannotChangeError
        for part in ast.walk(program.module.tree):
            if isinstance(part, ast.Attribute) and part.attr in {"cache_clear", "cache_info", "cache_parameters"}:
                raise CannotChangeError
        if is_container(program, function.body) is not None:
            reasons.append(ONE_OBJECT.format(f"{function.name}()"))
        step = RemoveDecorator(program.span(decorator))
        message = f"compute `{function.name}` each time"
    return Change(message, (step,), tuple(reasons))


def _repeated(program: Program, function: Definition, body: list[ast.stmt]) -> list[str]:
    """Why statements should not run in each call, perhaps.

    Raises:
        CannotChangeError: they certainly should not.
    """
    owner = program.method_of(body[0])
    reasons = []
    for statement in body:
        for objection in objections(program, owner[1] if owner else None, statement):
            if objection.verdict is Verdict.IMPURE:
                raise CannotChangeError
            line = " ".join(program.text(objection.node).split())
            reasons.append(f"gradlint cannot tell whether `{line[:40]}` may run in every call")
    return reasons


# -- `if self.x is None` ------------------------------------------------------------------------------------------


def _lazy(program: Program, node: ast.AST) -> Change | None:
    method = next((o for o in program.around(node) if isinstance(o, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    if method is None:
        return None
    for outer in (node, *program.around(node)):
        if outer is method:
            break
        if isinstance(outer, ast.If):
            found = _guard(program, method, outer)
            if found is not None:
                return found
        if isinstance(outer, ast.Try):
            found = _asking_forgiveness(program, method, outer)
            if found is not None:
                return found
        if isinstance(outer, (ast.BoolOp, ast.IfExp)):
            found = _either(program, method, outer)
            if found is not None:
                return found
    return _early_return(program, method, node)


def _guard(program: Program, method: Definition, guard: ast.If) -> Change | None:
    """`if self.x is None: self.x = …` without the question."""
    if guard.orelse and not all(isinstance(one, ast.Pass) or _only_reads(method, one) for one in guard.orelse):
        return None
    if not _asks_only(program, method, guard.test, _bound(method, guard.body)):
        return None
    reasons = _anew(program, method, guard.body)
    return Change(_words(program, guard.test), (Unwrap(program.span(guard)),), tuple(reasons))


def _asking_forgiveness(program: Program, method: Definition, attempt: ast.Try) -> Change | None:
    """`try: x = self.x` / `except AttributeError: x = self.x = …` without the attempt."""
    if len(attempt.handlers) != 1 or attempt.orelse or attempt.finalbody:
        return None
    handler = attempt.handlers[0]
    caught = program.dotted(handler.type) if handler.type is not None else None
    if caught not in {"builtins.AttributeError", "builtins.KeyError"} or handler.name is not None:
        return None
    bound = _bound(method, handler.body)
    receiver = receiver_of(method)
    for one in attempt.body:
        read = {name for name in effects_of(one, receiver).reads if name.startswith(".")}
        value = one.value if isinstance(one, (ast.Assign, ast.Return, ast.Expr)) else None
        if not isinstance(value, (ast.Attribute, ast.Subscript)) or not read or not read <= bound:
            return None
        if not effects_of(one, receiver).writes <= bound:
            return None
    reasons = _anew(program, method, handler.body)
    message = f"compute it each time, without trying `{' '.join(program.text(attempt.body[0]).split())}`"
    return Change(message, (Unwrap(program.span(attempt)),), tuple(reasons))


def _early_return(program: Program, method: Definition, node: ast.AST) -> Change | None:
    """`if self.x is not None: return self.x` goes, and what follows runs each time."""
    statement = program.statement_of(node)
    if statement not in method.body:
        return None
    place = method.body.index(statement)
    for number in range(place, -1, -1):
        guard = method.body[number]
        if (
            isinstance(guard, ast.If)
            and not guard.orelse
            and len(guard.body) == 1
            and isinstance(guard.body[0], ast.Return)
        ):
            rest = method.body[number + 1 :]
            if not _asks_only(program, method, guard.test, _bound(method, rest)):
                return None
            reasons = _anew(program, method, rest)
            return Change(_words(program, guard.test), (Remove(program.span(guard)),), tuple(reasons))
    return None


def _either(program: Program, method: Definition, either: ast.BoolOp | ast.IfExp) -> Change | None:
    """`self.x = self.x or …`, `… if self.x is None else self.x`: the computed one."""
    statement = program.statement_of(either)
    if statement is None:
        return None
    bound = _bound(method, [statement])
    if isinstance(either, ast.BoolOp):
        if not isinstance(either.op, ast.Or) or len(either.values) != 2:
            return None
        asked, computed = either.values
    else:
        asked = either.test
        parts = [one for one in (either.body, either.orelse) if not isinstance(one, (ast.Name, ast.Attribute))]
        if len(parts) != 1:
            return None
        computed = parts[0]
    if not _asks_only(program, method, asked, bound):
        return None
    reasons = _anew(program, method, [statement])
    step = Substitute(program.span(either), program.text(computed))
    return Change(_words(program, asked), (step,), tuple(reasons))


def _words(program: Program, test: ast.expr) -> str:
    return f"compute it each time, without asking `{' '.join(program.text(test).split())}`"


def _bound(method: Definition, body: list[ast.stmt]) -> set[str]:
    """What statements bind or fill: names, attributes of the object and of its class."""
    receiver = receiver_of(method)
    return {name for one in body for name in effects_of(one, receiver).writes}


def _asks_only(program: Program, method: Definition, test: ast.expr, bound: set[str]) -> bool:
    """Whether a test reads nothing but what is bound where it fails: then it asks whether that was done before."""
    receiver = receiver_of(method)
    if not effects_of(test, receiver).writes <= bound:
        return False
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.In, ast.NotIn)):
        test = test.comparators[0]  # whatever the key is: what is kept for it is computed for it
    asked = set(effects_of(test, receiver).reads) - {receiver}
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                asked -= {name for key in node.args[:1] for name in effects_of(key, receiver).reads}
                continue
            if program.dotted(node.func) not in HARMLESS:
                return False
            name = node.args[1] if len(node.args) > 1 else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                asked.add(f".{name.value}")
            if isinstance(node.func, ast.Name):
                asked.discard(node.func.id)
    known = {name for name in asked if program.dotted(ast.Name(name, ast.Load())) in HARMLESS}
    return bool(asked - known) and asked - known <= bound


def _only_reads(method: Definition, statement: ast.stmt) -> bool:
    """Whether the other branch only takes what the cache holds, which the computing branch does as well."""
    effects = effects_of(statement, receiver_of(method))
    return isinstance(statement, ast.Assign) and not any(name.startswith(".") for name in effects.writes)


def _anew(program: Program, method: Definition, body: list[ast.stmt]) -> list[str]:
    """Why what statements bind should not be bound anew by each call, perhaps.

    Raises:
        CannotChangeError: it certainly should not.
    """
    _check_repeatable(method, body)
    reasons = _repeated(program, method, body)
    for name in sorted(_shared(method, body)):
        reasons.append(SHARED.format(name))
    owner = program.method_of(body[0])
    attributes = [name[1:] for name in sorted(_bound(method, body)) if name.startswith(".")]
    for attribute in attributes if owner is not None else ():
        if is_container(program, body) is not None and owner is not None:
            _check_unchanged(program, owner[1], attribute, body)
        reasons += reasons_of_containers(program, attribute, body)
    return reasons


def _shared(method: Definition, body: list[ast.stmt]) -> set[str]:
    """The names of containers that statements fill, and that hold what other calls and other objects put there."""
    receiver = receiver_of(method)
    filled = {name for one in body for name in effects_of(one, receiver).changes if not name.startswith(".")}
    return filled - {name for one in method.body for name in effects_of(one, receiver).binds}


def _check_unchanged(program: Program, cls: ast.ClassDef, attribute: str, body: list[ast.stmt]) -> None:
    """Nothing but its making may change what an attribute holds.

    Raises:
        CannotChangeError: something does.
    """
    made = {node for one in body for node in ast.walk(one)}
    for owner in program.family(cls):
        for other in program.methods(owner):
            for statement in simple_statements(other.body):
                if statement not in made and f".{attribute}" in effects_of(statement, receiver_of(other)).changes:
                    raise CannotChangeError


def _check_repeatable(method: Definition, body: list[ast.stmt]) -> None:
    """Nothing may grow or count from call to call.

    Raises:
        CannotChangeError: something does.
    """
    receiver = receiver_of(method)
    fresh: set[str] = set()
    for statement in simple_statements(body):
        effects = effects_of(statement, receiver)
        if isinstance(statement, ast.AugAssign) and not effects.changes <= fresh:
            raise CannotChangeError
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and changes_in_place(node)
                and not effects_of(node, receiver).changes <= fresh
            ):
                raise CannotChangeError
        fresh |= effects.binds
