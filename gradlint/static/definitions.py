"""Defining functions and classes, decorators applied."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache

from gradlint.static.askers import thrown_away_elsewhere
from gradlint.static.dispatching import REGISTER, dispatched
from gradlint.static.enums import enumerate_members
from gradlint.static.expressions import defaults_of, evaluate
from gradlint.static.hosts import linear_bases, lookup
from gradlint.static.knowledge import among, carrier_entry
from gradlint.static.machine import Arguments, Machine
from gradlint.static.protocols import special
from gradlint.static.scopes import Frame, Module, Scope, place_of
from gradlint.static.values import (
    Class,
    Constant,
    Container,
    Dispatched,
    Function,
    Instance,
    LibraryObject,
    Method,
    Opaque,
    Partial,
    Property,
    Symbol,
    Value,
)


def define_function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    """`def`."""
    value = function_value(machine, node, frame, frame.scope, None)
    machine.write(frame.scope.names, node.name, value)


def function_value(
    machine: Machine,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    frame: Frame,
    scope: Scope,
    owner: Class | None,
) -> Value:
    """A function as its definition leaves it, decorators applied."""
    prefix = owner.name if owner is not None else frame.function
    name = f"{prefix}.{node.name}" if prefix else node.name
    owner = owner if owner is not None else frame.owner
    function = Function(node, frame.module, scope, name, owner, None, defaults_of(machine, node.args, frame))
    machine.functions[node] = function
    value: Value = function
    with machine.calling_functions():
        for decorator in reversed(node.decorator_list):
            value = _decorated(machine, decorator, value, frame)
    return value


def _decorated(machine: Machine, decorator: ast.expr, value: Value, frame: Frame) -> Value:
    applied = evaluate(machine, decorator.func if isinstance(decorator, ast.Call) else decorator, frame)
    if isinstance(applied, Symbol):
        if among("caches", applied.name) and isinstance(value, Function):
            return replace(value, cached=_is_kept(machine, value.module, value.name.rpartition(".")[2]))
        if applied.name == "contextlib.contextmanager" and isinstance(value, Function):
            return replace(value, manages=True)
        if applied.name in DISPATCHING:
            return dispatched(value, applied.name.endswith("method"))
        if among("tracers", applied.name) and isinstance(value, Function):
            return replace(value, traced=place_of(decorator, frame))
        if among("returns_argument", applied.name) or among("decorator_factories", applied.name):
            return value
        if among("custom_gradients", applied.name):
            return LibraryObject(applied.name, (value,), place_of(decorator, frame))
        if applied.name.startswith("tfp.internal.") or applied.name.startswith("tf.python.util."):
            return value
        if carrier_entry(applied.name) is not None and not isinstance(decorator, ast.Call):
            return machine.call(machine, applied, Arguments((value,)), place_of(decorator, frame))
    if isinstance(decorator, ast.Call):
        applied = evaluate(machine, decorator, frame)
    if isinstance(applied, Method) and isinstance(applied.receiver, Dispatched) and applied.name == "register":
        applied = Partial(Symbol(REGISTER), (applied.receiver,), (), place_of(decorator, frame))
    made: Value = Opaque((value,))
    if isinstance(applied, (Function, Partial)) or _makes_descriptors(applied):
        made = machine.call(machine, applied, Arguments((value,)), place_of(decorator, frame))
    own = isinstance(applied, Symbol) and applied.name.startswith(("tf.", "tfp.", "keras."))
    return value if isinstance(made, Opaque) and not own and _is_run_by_host(value) else made


def _makes_descriptors(value: Value) -> bool:
    """Whether what a class makes of a function is called, or read as an attribute, in its place."""
    hooks = (lookup(value, name) for name in ("__get__", "__call__")) if isinstance(value, Class) else ()
    return any(isinstance(hook, Function) for hook in hooks)


def _is_run_by_host(value: Value) -> bool:
    """Whether a function is a method that its host calls by name: what decorates such a one runs it, and hands it on.

    What TensorFlow has for them may do more: it makes layers and variables in `call` those of the layer.
    """
    return isinstance(value, Function) and value.owner is not None and value.name.rpartition(".")[2] in RUN_BY_HOST


RUN_BY_HOST = frozenset({"__init__", "__post_init__", "build", "call", "__call__"})


DISPATCHING = ("functools.singledispatch", "functools.singledispatchmethod")


def _is_kept(machine: Machine, module: Module, name: str) -> bool:
    """Whether nothing that is seen throws away what a function or property has cached."""
    if name in thrown_away(module.tree):
        return False
    return machine.finder is None or not thrown_away_elsewhere(module.path, machine.finder, name)


@lru_cache(maxsize=256)
def thrown_away(tree: ast.Module) -> frozenset[str]:
    """The names whose cached values a module throws away: `f.cache_clear()`, `del self.scale`, `.pop("scale")`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Delete):
            found.update(target.attr for target in node.targets if isinstance(target, ast.Attribute))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called, first = node.func, node.args[0] if node.args else None
            if called.attr == "cache_clear":
                found.update(part for part in (getattr(called.value, "attr", ""), getattr(called.value, "id", "")))
            elif called.attr in ("pop", "__delattr__") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return frozenset(found)


def define_class(machine: Machine, node: ast.ClassDef, frame: Frame) -> None:
    """`class`: its body is run, its methods are kept."""
    bases = tuple(evaluate(machine, base, frame) for base in node.bases)
    name = f"{frame.function}.{node.name}" if frame.function else node.name
    type_ = Class(node, frame.module, name, tuple(base for base in bases if base != Symbol("builtins.object")))
    body_scope = Scope(parent=frame.scope)
    inner = Frame(frame.module, body_scope, name, type_)
    machine.classes.append(type_)
    for statement in node.body:
        machine.step()
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _method(machine, statement, inner, frame.scope, type_)
        else:
            machine.execute(machine, [statement], inner)
    for key, value in body_scope.names.items():
        type_.members.setdefault(key, value)
    enumerate_members(type_)
    with machine.calling_functions():
        _describe(machine, type_, frame)
        type_.metaclass = _metaclass(machine, type_, frame)
        _tell_base(machine, type_, frame)
        _tell_metaclass(machine, type_, frame)
        machine.write(frame.scope.names, node.name, _decorated_class(machine, type_, frame))


CACHED_PROPERTIES = ("functools.cached_property", "cached_property.cached_property")


def _describe(machine: Machine, type_: Class, frame: Frame) -> None:
    """What a class holds that has `__get__` is read through that; `__set_name__` tells such an object its name."""
    place = place_of(type_.node, frame)
    for name, member in list(type_.members.items()):
        if isinstance(member, Partial) and isinstance(member.function, Symbol):
            keeps = member.function.name in CACHED_PROPERTIES
            given = dict(zip(("fget", "fset"), member.arguments, strict=False)) | dict(member.keywords)
            getter, setter = given.get("fget"), given.get("fset")
            if isinstance(getter, Function) and (keeps or member.function.name == "builtins.property"):
                del type_.members[name]
                setter = setter if isinstance(setter, Function) else None
                cached = keeps and _is_kept(machine, type_.module, name)
                type_.properties[name] = Property(getter, setter, cached=cached)
        if isinstance(member, Function) and member.cached and not _is_kept(machine, type_.module, name):
            type_.members[name] = replace(member, cached=False)
        if not isinstance(member, Instance):
            continue
        special(machine, member, "__set_name__", (type_, Constant(name)), place)
        getter, setter = lookup(member.type, "__get__"), lookup(member.type, "__set__")
        if isinstance(getter, Function):
            setter = setter if isinstance(setter, Function) else None
            type_.properties[name] = Property(getter, setter, descriptor=member)


def _metaclass(machine: Machine, type_: Class, frame: Frame) -> Value | None:
    """The project's own metaclass of a class, be it that of a base."""
    for keyword in type_.node.keywords:
        if keyword.arg == "metaclass":
            return evaluate(machine, keyword.value, frame)
    inherited = (base.metaclass for base in type_.bases if isinstance(base, Class))
    return next((one for one in inherited if isinstance(one, Class)), None)


def _tell_metaclass(machine: Machine, type_: Class, frame: Frame) -> None:
    """A metaclass of the project's own makes the class, and is told of it."""
    if not isinstance(type_.metaclass, Class):
        return
    place = place_of(type_.node, frame)
    bases = Container("tuple", dict(enumerate(type_.bases)))
    given = Arguments((Constant(type_.node.name), bases, Container("dict", type_.members)))
    machine.defining.append(type_)
    for name, receiver in (("__new__", type_.metaclass), ("__init__", type_)):
        hook = lookup(type_.metaclass, name)
        if isinstance(hook, Function):
            machine.call(machine, replace(hook, receiver=receiver), given, place)
    machine.defining.pop()


def _tell_base(machine: Machine, type_: Class, frame: Frame) -> None:
    """Python tells the base of each class that is derived from it."""
    for base in linear_bases(type_)[1:]:
        hook = base.members.get("__init_subclass__") if isinstance(base, Class) else None
        if isinstance(hook, Function):
            keywords = tuple(
                (keyword.arg, evaluate(machine, keyword.value, frame))
                for keyword in type_.node.keywords
                if keyword.arg is not None and keyword.arg != "metaclass"
            )
            place = place_of(type_.node, frame)
            machine.call(machine, replace(hook, receiver=type_), Arguments((), keywords), place)
            return


def _decorated_class(machine: Machine, type_: Class, frame: Frame) -> Class:
    """What the decorators leave of a class; what they make of it where they hide it is that class too."""
    result = type_
    for decorator in reversed(type_.node.decorator_list):
        applied = evaluate(machine, decorator.func if isinstance(decorator, ast.Call) else decorator, frame)
        type_.decorators = (*type_.decorators, applied)
        if isinstance(decorator, ast.Call) and isinstance(applied, (Function, Partial)):
            applied = evaluate(machine, decorator, frame)
        if isinstance(applied, (Function, Partial)):
            made = machine.call(machine, applied, Arguments((result,)), place_of(decorator, frame))
            result = made if isinstance(made, Class) else result
    return result


def _method(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, inner: Frame, scope: Scope, type_: Class
) -> None:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr in ("setter", "getter", "deleter"):
            known = type_.properties.get(node.name)
            if known is not None and called.attr == "setter":
                function = Function(node, inner.module, scope, f"{type_.name}.{node.name}", type_)
                machine.functions[node] = function
                type_.properties[node.name] = replace(known, setter=function)
            return
        found = evaluate(machine, called, inner)
        if isinstance(found, Symbol):
            caches = found.name in CACHED_PROPERTIES
            cached = caches and _is_kept(machine, inner.module, node.name)
            if caches or found.name in ("builtins.property", "abc.abstractproperty"):
                function = Function(node, inner.module, scope, f"{type_.name}.{node.name}", type_)
                machine.functions[node] = function
                type_.properties[node.name] = Property(function, cached=cached)
                return
    type_.members[node.name] = _member(machine, node, inner, scope, type_)


def _member(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, inner: Frame, scope: Scope, type_: Class
) -> Value:
    value = function_value(machine, node, inner, scope, type_)
    machine.write(inner.scope.names, node.name, value)
    return value
