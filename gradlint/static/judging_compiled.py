"""Judging models of the project's own that a program compiles: what their weights' ways to the loss come to."""

from __future__ import annotations

from gradlint.static.attributes import weights_of
from gradlint.static.calls import call_instance
from gradlint.static.entries import Interpretation, second_of_two
from gradlint.static.hosts import lookup
from gradlint.static.journeys import journeys_of_object
from gradlint.static.judging import run_steps
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import as_distribution, origins_of
from gradlint.static.values import INPUT, NO_ORIGINS, UNKNOWN, Container, Function, Instance, Origins, Place


def judge_compiled(machine: Machine, place: Place, found: Interpretation) -> None:
    """Tell what `fit` would differentiate for the models that a script or function has compiled with a loss of its own.

    Only what is cut on the way is told: the rest is known from the model's own forward pass.
    """
    for model in list(machine.compiled_models):
        steps = isinstance(lookup(model.type, "train_step"), Function)
        evaluated = id(model) in machine.restored and id(model) not in machine.fitted
        if steps:
            run_steps(machine, model, place)
        elif not evaluated:
            _judge(machine, model, place, found)


def _judge(machine: Machine, model: Instance, place: Place, found: Interpretation) -> None:
    mark = len(machine.journal)

    def compute() -> Origins:
        machine.losses.clear()
        predicted = as_distribution(call_instance(machine, model, Arguments((INPUT,)), place))
        if isinstance(predicted, Container):
            return NO_ORIGINS
        loss = machine.call(machine, machine.compiled[id(model)], Arguments((UNKNOWN, predicted)), place)
        return origins_of(machine, loss, place).union(*machine.losses)

    reached, tape = second_of_two(machine, compute)
    machine.undo(mark)
    variables = [one.variable for one in weights_of(model) if one.variable.trainable and not one.variable.requested]
    told = frozenset({tape})
    found.journeys.extend(journeys_of_object(model.type.name, variables, reached, told, frozenset(), None, False))
