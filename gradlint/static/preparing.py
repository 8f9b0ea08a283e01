"""What a program calls and assigns on an object between making it and handing it on: that belongs to its setup."""

from __future__ import annotations

import ast

from gradlint.run import Phase
from gradlint.static.askers import named_elsewhere, trees_that_may_mention
from gradlint.static.hosts import Host, host_of
from gradlint.static.knowledge import among
from gradlint.static.local import function_around, parents_in
from gradlint.static.machine import Machine
from gradlint.static.mentioning import strings_in, uses_of
from gradlint.static.reassigning import SETS_UP, stores_outside
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
        if is_being_made(machine, instance):
            machine.setup_calls.setdefault(place.node, set())
        elif caller is not None and caller.receiver is instance:
            machine.setup_calls.setdefault(place.node, set()).add(caller.node)
        else:
            return
        if getattr(function.node, "name", "") not in SETS_UP:
            instance.prepared_by.add(function.node)


def is_being_made(machine: Machine, instance: Instance) -> bool:
    """Whether the program, or the function that made an object, runs outside every tape and may be making it still."""
    if instance.made_in is None or machine.tapes or machine.phase is not Phase.SCRIPT:
        return False
    return machine.running == () or machine.running[-1] in instance.made_in


def is_given_by_helper(machine: Machine, instance: Instance, name: str, place: Place) -> bool:
    """Whether an object's own setup lets a function assign an attribute of it."""
    if machine.tapes or machine.phase is not Phase.SETUP:
        return False
    sets_up = any(one.receiver is instance and one.name.rpartition(".")[2] in SETS_UP for one in machine.calling)
    if not sets_up or place.node not in stores_outside(place.module.tree).get(name, ()):
        return False
    helper = machine.calling[-1]
    elsewhere = machine.finder is not None and named_elsewhere(helper.module.path, machine.finder, helper.name)
    return not elsewhere and _is_named_in_setup_only(helper)


def _is_named_in_setup_only(function: Function) -> bool:
    """Whether nothing but constructors and `build` names a function of its module."""
    tree = function.module.tree
    named = (node for node in inside(tree) if isinstance(node, ast.Name) and node.id == function.name)
    return all(getattr(function_around(tree, node), "name", "") in SETS_UP for node in named)


def only_given(machine: Machine, instance: Instance, name: str) -> bool:
    """Whether nothing assigns or changes an attribute of an object but what made the object, and its own methods."""
    if name not in instance.given:
        return False
    trees = trees_that_may_mention(machine, instance.type.module, name)
    return trees is not None and all(
        name not in strings_in(tree) and stores_outside(tree).get(name, frozenset()) <= instance.given[name]
        for tree in trees
    )


def only_prepares(machine: Machine, instance: Instance, method: ast.AST) -> bool:
    """Whether all that mentions a method is calls of it that belong to the setup of an object."""
    return method in instance.prepared_by and _only_sets_up(machine, instance, method, set())


def _only_sets_up(machine: Machine, instance: Instance, method: ast.AST, asked: set[ast.AST]) -> bool:
    name = getattr(method, "name", "")
    if name in SETS_UP or method in asked:
        return True
    asked.add(method)
    type_ = instance.type
    if host_of(type_) is Host.KERAS and name == "compile":  # once, before it is fitted
        return True
    if host_of(type_) is Host.KERAS and (among("called_by_keras", name) or name.startswith("on_")):
        return False
    trees = trees_that_may_mention(machine, type_.module, name)
    return trees is not None and all(
        name not in strings_in(tree)
        and all(_sets_up(machine, instance, parents_in(tree).get(use), use, asked) for use in uses_of(tree, name))
        for tree in trees
    )


def _sets_up(machine: Machine, instance: Instance, call: ast.AST | None, use: ast.AST, asked: set[ast.AST]) -> bool:
    """Whether the use of a method's name is a call of it that belongs to the setup of an object."""
    if not isinstance(call, ast.Call) or call.func is not use or call not in machine.setup_calls:
        return False
    callers = machine.setup_calls[call]
    tried = machine.forward_calls.get(call, set())  # any method of an object is tried under a tape
    if not tried <= instance.prepared_by:
        return False
    return all(_only_sets_up(machine, instance, one, asked) for one in callers | tried if one is not None)
