"""What a model is compiled with: `fit` trains the weights that the model lists, and of its loss it asks for none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from gradlint.run import COMPILED_WITH_IT, End, Phase
from gradlint.static.askers import trees_that_may_mention
from gradlint.static.entries import Interpretation
from gradlint.static.holding import weights_of
from gradlint.static.hosts import Host, host_of, lookup
from gradlint.static.journeys import journeys_of_object
from gradlint.static.knowledge import among
from gradlint.static.listing import Lists, lists_of
from gradlint.static.local import parents_in
from gradlint.static.machine import Arguments, Machine
from gradlint.static.mentioning import uses_of
from gradlint.static.reading import origins_of
from gradlint.static.values import (
    PLAIN,
    UNKNOWN,
    Container,
    Function,
    Instance,
    LibraryObject,
    Place,
    Value,
    Variable,
)


def note_losses(machine: Machine, model: Value, arguments: Arguments) -> None:
    """Remember the objects that a model takes its loss from, unless the model says itself how it is trained."""
    own_steps = isinstance(model, Instance) and any(lookup(model.type, name) for name in ("train_step", "fit"))
    loss = arguments.get(1, "loss")
    if loss is None or own_steps or len(machine.loss_objects) >= 32:
        return
    machine.loss_objects.extend((model, one) for one in _objects_in(loss) if one is not model)


def _objects_in(loss: Value) -> Iterator[Instance]:
    if isinstance(loss, Instance):
        yield loss
    elif isinstance(loss, Container) and loss.type in ("list", "tuple", "dict"):
        for one in loss.values():
            if isinstance(one, Instance):
                yield one


def judge_loss_objects(machine: Machine, place: Place, found: Interpretation) -> None:
    """Tell the weights of such objects that the loss reads and that no model of theirs lists."""
    for loss in {id(one): one for _, one in machine.loss_objects}.values():
        lists = [_listed_by(machine, model) for model, one in machine.loss_objects if one is loss]
        known = frozenset().union(*(one.listed for one in lists if one is not None))
        own = [reference.variable for reference in weights_of(loss)]
        made = [one for one in own if one.trainable and one not in known and not _is_set(machine, one)]
        if made and all(one is not None for one in lists):
            _judge(machine, loss, made, place, found)


def _judge(machine: Machine, loss: Instance, made: list[Variable], place: Place, found: Interpretation) -> None:
    mark, tape = len(machine.journal), machine.new_tape()
    machine.losses.clear()
    with machine.during(Phase.FORWARD, frozenset({tape})):
        result = machine.call(machine, loss, Arguments((UNKNOWN, PLAIN)), place)
        reached = origins_of(machine, result, place).union(*machine.losses)
    machine.undo(mark)
    lists = Lists(frozenset(), frozenset(made))
    for journey in journeys_of_object("", made, reached, frozenset({tape}), frozenset(), lists, False):
        if journey.has(End.REACHES):
            found.journeys.append(replace(journey, weight=replace(journey.weight, holder=COMPILED_WITH_IT)))


def _listed_by(machine: Machine, model: Value) -> Lists | None:
    if isinstance(model, LibraryObject):
        return Lists(frozenset(reference.variable for reference in weights_of(model)), frozenset())
    return lists_of(machine, model, host_of(model.type)) if isinstance(model, Instance) else None


def _is_set(machine: Machine, variable: Variable) -> bool:
    """Whether the program may set a variable by its name, as a callback that changes a rate does."""
    name = variable.label.rpartition(".")[2]
    if variable.requested or not name:
        return True
    trees = trees_that_may_mention(machine, variable.created.module, name)
    return trees is None or any(_sets(tree, use) for tree in trees for use in uses_of(tree, name))


def _sets(tree: ast.Module, use: ast.AST) -> bool:
    parent = parents_in(tree).get(use)
    if isinstance(parent, ast.Attribute):
        return among("assigning_methods", parent.attr)
    return isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") in ("set_value", "update", "update_add")


def is_compiled(instance: Instance) -> bool:
    """Whether an object has `compile` from Keras."""
    return host_of(instance.type) is Host.KERAS and not isinstance(lookup(instance.type, "compile"), Function)
