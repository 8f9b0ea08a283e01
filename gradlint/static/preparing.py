"""Methods that a program calls on an object between making it and handing it on: they belong to its setup."""

from __future__ import annotations

import ast
from functools import lru_cache

from gradlint.run import Phase
from gradlint.static.askers import files_that_mention
from gradlint.static.hosts import Host, host_of
from gradlint.static.knowledge import among
from gradlint.static.machine import Machine
from gradlint.static.reassigning import SETS_UP
from gradlint.static.values import Function, Instance, Place
from gradlint.static.walking import inside


def note_call(machine: Machine, function: Function, place: Place) -> None:
    """Remember a call of an object's method, and whether it may belong to the object's setup."""
    instance = function.receiver
    if not isinstance(instance, Instance) or not isinstance(place.node, ast.Call):
        return
    if machine.tapes or machine.phase is Phase.FORWARD:
        first = machine.calling[0].node if machine.calling else None
        machine.forward_calls.setdefault(place.node, set()).add(first)
    elif instance.made_in is not None:
        caller = machine.calling[-1] if machine.calling else None
        if machine.running == () or machine.running[-1] in instance.made_in:
            machine.setup_calls.setdefault(place.node, set())
        elif caller is not None and caller.receiver is instance:
            machine.setup_calls.setdefault(place.node, set()).add(caller.node)
        else:
            return
        if getattr(function.node, "name", "") not in SETS_UP:
            instance.prepared_by.add(function.node)


def only_prepares(machine: Machine, instance: Instance, method: ast.AST) -> bool:
    """Whether all that mentions a method is calls of it that belong to the setup of an object."""
    return method in instance.prepared_by and _only_sets_up(machine, instance, method, set())


def _only_sets_up(machine: Machine, instance: Instance, method: ast.AST, asked: set[ast.AST]) -> bool:
    name = getattr(method, "name", "")
    if name in SETS_UP or method in asked:
        return True
    asked.add(method)
    type_ = instance.type
    if host_of(type_) is Host.KERAS and (among("called_by_keras", name) or name.startswith("on_")):
        return False
    unseen: frozenset[str] = frozenset()
    if machine.finder is not None:
        unseen = files_that_mention(type_.module.path, machine.finder, name) - machine.modules.keys()
    if unseen:
        return False
    for module in {type_.module.path: type_.module, **machine.modules}.values():
        calls = _calls_of(module.tree, name)
        if calls is None or any(not _sets_up(machine, instance, call, asked) for call in calls):
            return False
    return True


def _sets_up(machine: Machine, instance: Instance, call: ast.Call, asked: set[ast.AST]) -> bool:
    callers = machine.setup_calls.get(call)
    if callers is None:
        return False
    tried = machine.forward_calls.get(call, set())  # any method of an object is tried under a tape
    if not tried <= instance.prepared_by:
        return False
    return all(_only_sets_up(machine, instance, one, asked) for one in callers | tried if one is not None)


def _calls_of(tree: ast.Module, name: str) -> tuple[ast.Call, ...] | None:
    """The calls of what has this name; None if code does anything else with it."""
    calls, other = _mentions(tree)
    return None if name in other else calls.get(name, ())


@lru_cache(maxsize=64)
def _mentions(tree: ast.Module) -> tuple[dict[str, tuple[ast.Call, ...]], frozenset[str]]:
    """The calls of attributes by name, and the names that are read or written as a string otherwise."""
    calls: dict[str, tuple[ast.Call, ...]] = {}
    other: set[str] = set()
    called: set[ast.AST] = set()
    for node in inside(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            calls[node.func.attr] = (*calls.get(node.func.attr, ()), node)
            called.add(node.func)
    for node in inside(tree):
        if isinstance(node, ast.Attribute) and node not in called:
            other.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            other.add(node.value)
    return calls, frozenset(other)
