"""Executing statements over abstract values."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.builtin_calls import LONGEST, any_element, elements_of
from gradlint.static.contexts import run_with
from gradlint.static.decisions import note_decision
from gradlint.static.definitions import define_class, define_function
from gradlint.static.enums import same_member
from gradlint.static.expressions import binary, evaluate
from gradlint.static.importing import import_modules, import_names, is_at_hand
from gradlint.static.keys import known_key
from gradlint.static.labels import label_name
from gradlint.static.machine import AttributeMissingError, Machine, MissingError, Signal
from gradlint.static.protocols import BINARY, special
from gradlint.static.reading import call_unknown, escape, operate, operate_cutting, store
from gradlint.static.scopes import Frame, place_of
from gradlint.static.truth import truth
from gradlint.static.values import (
    UNKNOWN,
    Anywhere,
    Constant,
    Container,
    Instance,
    Keeper,
    Opaque,
    Reference,
    Tensor,
    Union,
    Value,
    is_array,
)

MOST_UNROLLED = 24
MOST_NUMBERS = 8
"""Of a longer range the first two numbers, any one, and the last are gone through."""


def execute(machine: Machine, body: list[ast.stmt], frame: Frame) -> Signal | None:
    """Run statements until one of them leaves."""
    for statement in body:
        machine.step()
        signal = EXECUTE[type(statement)](machine, statement, frame)
        if signal is not None:
            return signal
    return None


# -- binding ----------------------------------------------------------------------------------------------------


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Bind a value to a target."""
    if isinstance(target, ast.Name):
        scope = frame.outer_names.get(target.id) or frame.scope
        label_name(value, target.id)
        machine.write(scope.names, target.id, value)
    elif isinstance(target, ast.Attribute):
        owner = evaluate(machine, target.value, frame)
        attributes.put(machine, owner, target.attr, value, place_of(target, frame), frame.module.text(target))
    elif isinstance(target, ast.Subscript):
        _assign_element(machine, target, value, frame)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target.elts, value, frame, target)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value, frame)


def _assign_element(machine: Machine, target: ast.Subscript, value: Value, frame: Frame) -> None:
    owner = evaluate(machine, target.value, frame)
    index = UNKNOWN if isinstance(target.slice, ast.Slice) else evaluate(machine, target.slice, frame)
    if machine.tapes and _is_array(owner) and isinstance(value, (Tensor, Reference)):
        place = place_of(target, frame)
        number = operate_cutting(machine, place, (value,), Kind.LEAVES_TENSORFLOW, "an array's element")
        assign(machine, target.value, operate(machine, place, (owner, number)), frame)
        return
    if isinstance(value, Reference) and not value.variable.label.startswith("self."):
        value.variable.label = frame.module.text(target)
    if isinstance(owner, Opaque):
        escape(value)
        if isinstance(target.value, ast.Name):
            assign(machine, target.value, call_unknown(machine, place_of(target, frame), (owner, value)), frame)
    for container in owner.alternatives if isinstance(owner, Union) else (owner,):
        if isinstance(container, Container) and container.owner is not None and isinstance(index, Constant):
            name, place = str(index.value), place_of(target, frame)
            attributes.put(machine, container.owner, name, value, place, frame.module.text(target))
        elif isinstance(container, Container):
            key = known_key(index, len(container.items))
            if isinstance(key, int) and key < 0 and container.exact:
                key += len(container.items)
            if machine.tapes and isinstance(value, Tensor) and container.type == "dict":
                text = frame.module.text(target)
                value = store(machine, value, Keeper(Kind.ATTRIBUTE, text, place_of(target, frame)))
            machine.write(container.items, key, value)
        elif special(machine, container, "__setitem__", (index, value), place_of(target, frame)) is None:
            escape(value)


def _is_array(value: Value) -> bool:
    """Whether a value is an array of NumPy, or one that was filled with what no gradient comes back from."""
    if isinstance(value, Tensor) and value.origins:
        return all(one.cut is not None and one.cut.kind is Kind.LEAVES_TENSORFLOW for one in value.origins)
    return is_array(value)


def _unpack(machine: Machine, targets: list[ast.expr], value: Value, frame: Frame, node: ast.expr) -> None:
    elements = elements_of(machine, value, place_of(node, frame))
    starred = next((i for i, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    if elements is not None and starred is not None and len(elements) >= len(targets) - 1:
        behind = len(targets) - starred - 1
        middle = elements[starred : len(elements) - behind]
        rest = Container("list", dict(enumerate(middle)))
        elements = [*elements[:starred], rest, *elements[len(elements) - behind :]]
    if elements is not None and len(elements) == len(targets):
        for target, element in zip(targets, elements, strict=True):
            assign(machine, target, element, frame)
        return
    for target in targets:
        assign(machine, target, any_element(machine, value, place_of(node, frame)), frame)


def _assignment(machine: Machine, node: ast.Assign, frame: Frame) -> None:
    value = evaluate(machine, node.value, frame)
    if isinstance(value, Reference) and any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets):
        value = operate(machine, place_of(node.value, frame), (value,))
    for target in node.targets:
        assign(machine, target, value, frame)


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        assign(machine, node.target, evaluate(machine, node.value, frame), frame)


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> None:
    as_value = _as_value(node.target)
    left = evaluate(machine, as_value, frame)
    right = evaluate(machine, node.value, frame)
    if isinstance(left, Container) and isinstance(node.op, ast.Add):
        elements = elements_of(machine, right, place_of(node, frame))
        if elements is not None and len(left.items) + len(elements) > LONGEST:
            elements = None
        for element in [any_element(machine, right, place_of(node, frame))] if elements is None else elements:
            key: object = len(left.items) if left.exact and elements is not None else Anywhere(len(left.items))
            machine.write(left.items, key, element)
        return
    place = place_of(node, frame)
    result = special(machine, left, f"__i{BINARY[type(node.op)]}__", (right,), place)
    assign(
        machine, node.target, binary(machine, left, right, type(node.op), place) if result is None else result, frame
    )


def _as_value(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    if isinstance(target, ast.Subscript):
        return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
    return target


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            machine.erase(frame.scope.names, target.id)
        elif isinstance(target, ast.Attribute):
            owner = evaluate(machine, target.value, frame)
            if isinstance(owner, Instance):
                machine.erase(owner.attributes, target.attr)


# -- simple statements ------------------------------------------------------------------------------------------


def _expression(machine: Machine, node: ast.Expr, frame: Frame) -> None:
    value = evaluate(machine, node.value, frame)
    if isinstance(value, Opaque):
        escape(value)


def _return(machine: Machine, node: ast.Return, frame: Frame) -> Signal:
    frame.returned.append(Constant(None) if node.value is None else evaluate(machine, node.value, frame))
    return Signal.RETURN


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> Signal:
    return Signal.RAISE


def _break(machine: Machine, node: ast.Break, frame: Frame) -> Signal:
    return Signal.BREAK


def _continue(machine: Machine, node: ast.Continue, frame: Frame) -> Signal:
    return Signal.CONTINUE


def _pass(machine: Machine, node: ast.stmt, frame: Frame) -> None:
    return None


def _assert(machine: Machine, node: ast.Assert, frame: Frame) -> None:
    evaluate(machine, node.test, frame)


def _global(machine: Machine, node: ast.Global, frame: Frame) -> None:
    for name in node.names:
        frame.outer_names[name] = frame.module.scope


def _nonlocal(machine: Machine, node: ast.Nonlocal, frame: Frame) -> None:
    for name in node.names:
        scope = frame.scope.parent.find(name) if frame.scope.parent is not None else None
        if scope is not None:
            frame.outer_names[name] = scope


# -- branches and loops -----------------------------------------------------------------------------------------


def _if(machine: Machine, node: ast.If, frame: Frame) -> Signal | None:
    known = _decided(machine, node.test, frame)
    if known is not None:
        return execute(machine, node.body if known else node.orelse, frame)
    return machine.branch(
        frame, lambda: _guarded(machine, node.body, frame), lambda: _guarded(machine, node.orelse, frame)
    )


def _decided(machine: Machine, test: ast.expr, frame: Frame) -> bool | None:
    """Whether a condition holds; None where it is not known."""
    value = evaluate(machine, test, frame)
    note_decision(machine, value, place_of(test, frame))
    return truth(value)


def _guarded(machine: Machine, body: list[ast.stmt], frame: Frame) -> Signal | None:
    try:
        return execute(machine, body, frame)
    except MissingError:
        return Signal.RAISE


def _iterate(machine: Machine, body: list[ast.stmt], frame: Frame) -> Signal | None:
    since = len(frame.exits)
    signal = execute(machine, body, frame)
    machine.settle(frame, since, Signal.CONTINUE)
    return None if signal is Signal.CONTINUE else signal


def _loop(machine: Machine, frame: Frame, run: Callable[[], Signal | None]) -> Signal | None:
    """Run a loop, and join what left it by `break` with its end."""
    since = len(frame.exits)
    signal = run()
    machine.settle(frame, since, Signal.BREAK)
    return signal


def _for(machine: Machine, node: ast.For | ast.AsyncFor, frame: Frame) -> Signal | None:
    iterable = evaluate(machine, node.iter, frame)
    place = place_of(node.iter, frame)
    elements = elements_of(machine, iterable, place)
    if elements is not None and len(elements) <= MOST_UNROLLED:
        if len(elements) > MOST_NUMBERS and isinstance(iterable, Constant):
            elements = [*elements[:2], UNKNOWN, elements[-1]]
        for element in elements:
            assign(machine, node.target, element, frame)
            signal = _iterate(machine, node.body, frame)
            if signal is Signal.BREAK:
                return None
            if signal is not None:
                return signal
        return execute(machine, node.orelse, frame)

    def iterations() -> Signal | None:
        for _ in range(2):
            assign(machine, node.target, any_element(machine, iterable, place), frame)
            signal = _iterate(machine, node.body, frame)
            if signal is not None:
                return None if signal is Signal.BREAK else signal
        return None

    return _maybe(machine, iterations, node.orelse, frame)


def _maybe(
    machine: Machine, iterations: Callable[[], Signal | None], orelse: list[ast.stmt], frame: Frame
) -> Signal | None:
    signal = machine.branch(frame, iterations, lambda: None, doubtful=False)
    return signal if signal is not None else execute(machine, orelse, frame)


def _while(machine: Machine, node: ast.While, frame: Frame) -> Signal | None:
    known = _decided(machine, node.test, frame)
    if known is False:
        return execute(machine, node.orelse, frame)

    def iterations() -> Signal | None:
        for _ in range(2):
            signal = _iterate(machine, node.body, frame)
            if signal is not None:
                return None if signal is Signal.BREAK else signal
            evaluate(machine, node.test, frame)
        return None

    if known is True:
        return iterations()
    return _maybe(machine, iterations, node.orelse, frame)


def _try(machine: Machine, node: ast.Try, frame: Frame) -> Signal | None:
    asks = any(_catches(handler, "AttributeError") for handler in node.handlers)
    asks_keys = any(_catches(handler, "KeyError") for handler in node.handlers)
    machine.expects_missing += asks
    machine.expects_keys += asks_keys
    missing: MissingError | None = None
    mark = len(machine.journal)
    sure, unsure = machine.sure_keys, machine.unsure_keys
    try:
        signal = execute(machine, [*node.body, *node.orelse], frame)
    except MissingError as error:
        missing, signal = error, None
    finally:
        machine.expects_missing -= asks
        machine.expects_keys -= asks_keys
    if missing is not None:
        name = "AttributeError" if isinstance(missing, AttributeMissingError) else "KeyError"
        handler = next((handler for handler in node.handlers if _catches(handler, name)), None)
        if handler is None:
            raise missing
        signal = execute(machine, handler.body, frame)
    else:
        asks |= asks_keys and machine.sure_keys > sure and machine.unsure_keys == unsure
        for handler in node.handlers:
            for_imports = _catches(handler, "ImportError") and not _catches(handler, "AttributeError")
            if for_imports and not _imports_optional(machine, node.body, frame):
                continue
            if asks and len(node.handlers) == 1:
                continue
            signal = _after_handler(machine, handler, frame, mark, signal)
    last = execute(machine, node.finalbody, frame)
    return last if last is not None else signal


def _imports_optional(machine: Machine, body: list[ast.stmt], frame: Frame) -> bool:
    """Whether a `try` imports what may not be there: nothing of the project, nor of a library that is known."""
    return all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in body) and any(
        not is_at_hand(machine, one, frame) for one in body if isinstance(one, (ast.Import, ast.ImportFrom))
    )


def _after_handler(
    machine: Machine, handler: ast.ExceptHandler, frame: Frame, mark: int, signal: Signal | None
) -> Signal | None:
    delta = machine.changes(mark)

    def handled() -> Signal | None:
        if handler.name:
            machine.write(frame.scope.names, handler.name, UNKNOWN)
        return _guarded(machine, handler.body, frame)

    del delta
    return machine.branch(frame, handled, lambda: signal)


def _catches(handler: ast.ExceptHandler, name: str) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {type_.id for type_ in types if isinstance(type_, ast.Name)}
    if name == "ImportError":
        return bool(names & {"ImportError", "ModuleNotFoundError"})
    if name == "KeyError" and "LookupError" in names:
        return True
    return name in names or None in types or "Exception" in names


def _match(machine: Machine, node: ast.Match, frame: Frame) -> Signal | None:
    subject = evaluate(machine, node.subject, frame)

    def run(cases: list[ast.match_case]) -> Signal | None:
        if not cases:
            return None
        first, *others = cases
        for pattern in ast.walk(first.pattern):
            name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
            if isinstance(name, str):
                machine.write(frame.scope.names, name, UNKNOWN)
        _capture(machine, subject, first.pattern, frame)
        fits = _fits(machine, subject, first.pattern, frame)
        if first.guard is not None:
            allowed = truth(evaluate(machine, first.guard, frame))
            fits = False if False in (fits, allowed) else True if fits and allowed else None
        if fits is False:
            return run(others)
        if fits or (not others and isinstance(first.pattern, ast.MatchAs) and first.pattern.pattern is None):
            return _guarded(machine, first.body, frame)
        return machine.branch(frame, lambda: _guarded(machine, first.body, frame), lambda: run(others))

    return run(node.cases)


def _capture(machine: Machine, subject: Value, pattern: ast.pattern, frame: Frame) -> None:
    """Bind the names of a pattern that stand for the subject, or for an element of a sequence whose length fits."""
    if isinstance(pattern, ast.MatchAs):
        if pattern.name is not None:
            machine.write(frame.scope.names, pattern.name, subject)
        if pattern.pattern is not None:
            _capture(machine, subject, pattern.pattern, frame)
    elif isinstance(pattern, ast.MatchSequence) and isinstance(subject, Container) and subject.exact:
        for element, part in _paired(subject, pattern) or ():
            _capture(machine, element, part, frame)


def _paired(subject: Container, pattern: ast.MatchSequence) -> list[tuple[Value, ast.pattern]] | None:
    """The elements of a list or tuple with their patterns; None where there are not as many, or a star takes some."""
    plain = not any(isinstance(one, ast.MatchStar) for one in pattern.patterns)
    if not plain or subject.type not in ("list", "tuple") or len(subject.items) != len(pattern.patterns):
        return None
    return list(zip(subject.values(), pattern.patterns, strict=True))


def _fits(machine: Machine, subject: Value, pattern: ast.pattern, frame: Frame) -> bool | None:
    """Whether a value fits a pattern, or None where it is not known."""
    if isinstance(pattern, ast.MatchAs):
        return True if pattern.pattern is None else _fits(machine, subject, pattern.pattern, frame)
    if isinstance(pattern, ast.MatchOr):
        found = [_fits(machine, subject, each, frame) for each in pattern.patterns]
        return True if True in found else None if None in found else False
    if isinstance(pattern, ast.MatchSequence) and isinstance(subject, Container) and subject.exact:
        return _fits_sequence(machine, subject, pattern, frame)
    if isinstance(subject, Instance) and isinstance(pattern, ast.MatchValue):
        return same_member(subject, evaluate(machine, pattern.value, frame))
    if not isinstance(subject, Constant):
        return None
    if isinstance(pattern, ast.MatchSingleton):
        return subject.value is pattern.value
    if isinstance(pattern, ast.MatchValue):
        value = evaluate(machine, pattern.value, frame)
        return subject.value == value.value if isinstance(value, Constant) else None
    return None


def _fits_sequence(machine: Machine, subject: Container, pattern: ast.MatchSequence, frame: Frame) -> bool | None:
    pairs = _paired(subject, pattern)
    if pairs is None:
        starred = any(isinstance(one, ast.MatchStar) for one in pattern.patterns)
        return None if starred and subject.type in ("list", "tuple") else False
    found = [_fits(machine, *pair, frame) for pair in pairs]
    return False if False in found else None if None in found else True


EXECUTE: dict[type[ast.stmt], Callable[[Machine, Any, Frame], Signal | None]] = {
    ast.Assign: _assignment,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Pass: _pass,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.If: _if,
    ast.For: lambda machine, node, frame: _loop(machine, frame, lambda: _for(machine, node, frame)),
    ast.AsyncFor: lambda machine, node, frame: _loop(machine, frame, lambda: _for(machine, node, frame)),
    ast.While: lambda machine, node, frame: _loop(machine, frame, lambda: _while(machine, node, frame)),
    ast.Try: _try,
    ast.With: run_with,
    ast.AsyncWith: run_with,
    ast.Match: _match,
    ast.FunctionDef: define_function,
    ast.AsyncFunctionDef: define_function,
    ast.ClassDef: define_class,
    ast.Import: import_modules,
    ast.ImportFrom: import_names,
}
for _name in ("TryStar", "TypeAlias"):
    if hasattr(ast, _name):
        EXECUTE[getattr(ast, _name)] = _try if _name == "TryStar" else _pass
