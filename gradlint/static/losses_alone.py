"""Losses that nobody is seen to ask for: each is computed from the models that it is written for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from gradlint.run import Kind
from gradlint.static import calls
from gradlint.static.askers import named_elsewhere
from gradlint.static.differentiated import is_evaluation
from gradlint.static.entries import Interpretation, run_entry, second_of_two
from gradlint.static.holding import weights_of
from gradlint.static.journeys import journeys_of_object
from gradlint.static.knowledge import among
from gradlint.static.machine import Machine
from gradlint.static.reading import as_distribution, origins_of
from gradlint.static.scopes import Module
from gradlint.static.stand_ins import Maker, answers, arguments_of, asked_of, makers_for, model_by
from gradlint.static.values import NO_ORIGINS, Function, Instance, Origin, Origins, Place, Symbol, Value, doubted
from gradlint.static.walking import inside

Written: TypeAlias = tuple[Function, dict[str, Maker]]
"""A loss, with what makes the models that it is written for."""


def losses_in(machine: Machine, module: Module) -> list[Function]:
    """The functions of a module that their names call a loss, and that nothing calls, here or elsewhere."""
    return [
        function
        for node, function in machine.functions.items()
        if function.module is module
        and function.owner is None
        and function.scope is module.scope
        and node not in machine.executed
        and _is_loss(function.name)
        and not (machine.finder is not None and named_elsewhere(module.path, machine.finder, function.name))
    ]


def _is_loss(name: str) -> bool:
    words = name.strip("_").split("_")
    return not is_evaluation(name) and any(among("words_of_losses_alone", word) for word in words)


def judge_losses(machine: Machine, losses: Iterable[Function], found: Interpretation) -> None:
    """Tell the journeys of a model's weights to the losses that are written for it: one that reaches any is trained."""
    written = [(function, makers) for function in losses if (makers := makers_for(machine, function))]
    for maker in {id(one): one for _, makers in written for one in makers.values()}.values():
        own = [(function, makers) for function, makers in written if any(one is maker for one in makers.values())]
        run_entry(machine, own[0][0].node, found, partial(_judge, machine, maker, own, found))


def _judge(machine: Machine, maker: Maker, written: list[Written], found: Interpretation) -> None:
    place = Place(maker.module, maker.node, maker.name)
    model = model_by(machine, maker, place)
    computed: list[_Computed] = []
    for function, makers in written:
        mark = len(machine.journal)
        models = {
            name: model if one is maker else model_by(machine, one, place)
            for name, one in makers.items()
            if one is not maker or answers(model, asked_of(function, name))
        }
        if any(value is model for value in models.values()):
            computed.append(_computed(machine, function, models))
        machine.undo(mark)
    parts = {one.function.node for one in computed for other in computed if one.function.node in other.ran}
    whole = [one for one in computed if one.function.node not in parts]
    reached = NO_ORIGINS.union(*(one.origins for one in whole))
    tapes = frozenset(one.tape for one in whole)
    variables = [reference.variable for reference in weights_of(model) if reference.variable.trainable]
    owner = model.type.name if isinstance(model, Instance) else "model"
    found.journeys.extend(journeys_of_object(owner, variables, reached, tapes, frozenset(), None, False))


@dataclass(frozen=True)
class _Computed:
    """What a loss came to: the ways of the second of two calls, its tape, and the functions that it ran."""

    function: Function
    origins: Origins
    tape: int
    ran: frozenset[ast.AST]


def _computed(machine: Machine, function: Function, models: dict[str, Value]) -> _Computed:
    """Call a loss twice; what does not begin in the second call is in doubt."""
    place = Place(function.module, function.node, function.name)
    before_made = len(machine.variables)

    def compute() -> Origins:
        machine.losses.clear()
        result = calls.call_function(machine, function, arguments_of(function, models), place)
        return origins_of(machine, as_distribution(result), place).union(*machine.losses)

    before, machine.executed = machine.executed, set()
    with machine.calling_functions():
        origins, tape = second_of_two(machine, compute)
    for variable in machine.variables[before_made:]:
        variable.recreated |= tape in variable.tapes
    ran = frozenset(machine.executed - {function.node})
    machine.executed |= before
    meant = frozenset(one for one in origins if _is_meant(one, function))
    return _Computed(function, (origins - meant) | doubted(meant), tape, ran)


def _is_meant(origin: Origin, function: Function) -> bool:
    """Whether a loss itself stops a gradient, of what another net says as a rule, or is computed to be looked at."""
    cut = origin.cut
    if cut is None or cut.place.function != function.name:
        return False
    leaves = cut.kind is Kind.LEAVES_TENSORFLOW
    return cut.kind is Kind.STOP_GRADIENT or (leaves and _is_looked_at(function, cut.place.node))


def _is_looked_at(function: Function, left: ast.AST) -> bool:
    """Whether nothing of TensorFlow is computed with what has left it: the number is what the function is there for."""
    row = getattr(left, "end_lineno", 0)
    calls_of_tensorflow = (
        node
        for node in inside(function.node)
        if isinstance(node, ast.Call) and _is_of_tensorflow(function.module.scope.names.get(_root(node.func)))
    )
    return not any(
        node is not left and (node.lineno > row or any(one is left for one in inside(node)))
        for node in calls_of_tensorflow
    )


def _is_of_tensorflow(value: Value | None) -> bool:
    return isinstance(value, Symbol) and value.name.partition(".")[0] in ("tf", "tfp", "keras")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
