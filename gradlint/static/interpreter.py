"""Running one module: its script, its functions that nobody calls, and the classes that Keras would run."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from functools import lru_cache, partial

from gradlint.run import Dialect, End, Journey, Listing, Phase, Span
from gradlint.static import attributes, calls, expressions, statements
from gradlint.static.askers import ASKS_FOR_LISTED, asked_elsewhere, asks_elsewhere
from gradlint.static.dtypes import among_floats
from gradlint.static.entries import Interpretation, run_entry
from gradlint.static.exports import imported_names
from gradlint.static.graphs import in_graphs
from gradlint.static.handing import handed_on
from gradlint.static.journeys import doubted_where_live, journeys_of_recreated, journeys_of_request
from gradlint.static.judging import judge_all_given, run_host
from gradlint.static.judging_compiled import judge_compiled
from gradlint.static.judging_drawn import judge_models
from gradlint.static.local import stays_local
from gradlint.static.loss_objects import judge_loss_objects
from gradlint.static.losses_alone import judge_losses, losses_in
from gradlint.static.machine import (
    EVERYTHING_UNKNOWN,
    Arguments,
    Asked,
    Machine,
    MissingError,
    OutOfBudgetError,
)
from gradlint.static.modules import ModuleFinder, parsed
from gradlint.static.relevance import Relevance
from gradlint.static.scopes import Frame, Module
from gradlint.static.stand_ins import answers, arguments_of, asked_of, makers_for, model_by
from gradlint.static.tables import fills_table
from gradlint.static.values import (
    UNKNOWN,
    Constant,
    Function,
    Imported,
    ModuleValue,
    Place,
    Value,
    Variable,
)


def new_machine(dialect: Dialect) -> Machine:
    """A machine with the whole interpreter plugged in."""
    return Machine(
        keras=dialect,
        evaluate=expressions.evaluate,
        execute=statements.execute,
        call=calls.call,
        assign=statements.assign,
        load=load,
    )


def interpret(module: Module, dialect: Dialect, finder: ModuleFinder | None = None) -> Interpretation:
    """Run a module's script, then every function and class that the script left alone."""
    found = Interpretation()
    module.relevance = relevance_of(module.tree, module.path, finder)
    if not module.relevance.anything:
        return found
    machine = new_machine(dialect)
    machine.finder = finder
    machine.modules[module.path] = module
    module.scope.names.clear()
    module.scope.names["__name__"] = Constant("__main__")
    frame = Frame(module, module.scope)

    try:
        _run_main_script(machine, module, frame, found)
        _judge_made(machine, Place(module, module.tree, "<module>"), found)
        losses = losses_in(machine, module)
        _run_the_rest(machine, module, found)
        judge_losses(machine, losses, found)
    except OutOfBudgetError as error:
        found.not_checked.append((module.tree, str(error)))
    except RecursionError:
        found.not_checked.append((module.tree, "the code is nested too deeply"))
    of_requests = [
        journey for asked in machine.asked for journey in journeys_of_request(asked, machine.watched, machine.resets)
    ]
    found.journeys = [*doubted_where_live(found.journeys, of_requests), *of_requests]
    for asked in machine.asked:
        for origin in asked.target:
            origin.variable.recreated |= _is_made_for(asked, origin.variable)
    found.journeys.extend(journeys_of_recreated([v for v in machine.variables if _is_lost(machine, v)]))
    frozen = any(way.end is End.FROZEN for journey in found.journeys for way in journey.ways)
    machine.draws_graphs |= frozen and finder is not None and in_graphs(module.path, machine.modules, finder)
    through: dict[Span, frozenset[str]] = {}
    for variable in machine.variables:
        if variable.through:
            created = variable.created.span()
            through[created] = through.get(created, frozenset()) | variable.through
    found.journeys = [_as_trained(machine, module, journey, through) for journey in found.journeys]
    found.depends_on_dialect = machine.asked_dialect
    found.weights = len({variable.created.node for variable in machine.variables})
    return found


def _is_made_for(asked: Asked, variable: Variable) -> bool:
    """Whether a function that runs under the tape makes a weight, computes with it and forgets it."""
    if (
        asked.tape not in variable.tapes
        or variable.requested
        or variable.assigned
        or variable.escaped
        or variable.spread
    ):
        return False
    made = variable.created
    return made.function != asked.place.function and stays_local(made.module.tree, made.node)


def _is_lost(machine: Machine, variable: Variable) -> bool:
    """Whether every call makes a variable anew, which nothing trains meanwhile, and which is no scratch space."""
    kept = variable.trainable or variable.label.startswith("self.")
    if not variable.recreated or not kept or variable.watched or variable.doubtful or not among_floats(variable.dtype):
        return False
    function = variable.created.function
    return not any(asked.place.function == function and variable in asked.variables for asked in machine.asked)


def _as_trained(machine: Machine, module: Module, journey: Journey, through: dict[Span, frozenset[str]]) -> Journey:
    """A journey in the light of the whole program: whether it runs eagerly, and who asks for its gradients.

    `through` are the attributes through which what does not list a weight reaches it.
    """
    weight = journey.weight
    if machine.draws_graphs:
        ways = tuple(replace(way, end=End.UNKNOWN) if way.end is End.FROZEN else way for way in journey.ways)
        journey = replace(journey, ways=ways)
    if weight.listing is Listing.UNLISTED and weight.created is not None:
        attribute = "" if weight.of_layer else weight.label.rpartition(".")[2]
        if _names_its_weights(machine, module, attribute, through.get(weight.created, frozenset())):
            journey = replace(journey, weight=replace(weight, listing=Listing.UNKNOWN))
    return journey


ASKING = frozenset(
    {"GradientTape", "minimize", "gradient", "gradients", "value_and_gradient", "apply_gradients", "apply"}
)
"""What a program says that trains what it names itself."""


def _may_be_asked_by_hand(machine: Machine, module: Module) -> bool:
    """Whether anything in the project trains weights other than through the list of a model's."""
    if module.relevance is None or not ASKING.isdisjoint(module.relevance.names(module.tree)):
        return True
    return machine.finder is not None and asks_elsewhere(module.path, machine.finder)


def _names_its_weights(machine: Machine, module: Module, attribute: str, through: frozenset[str]) -> bool:
    """Whether a program names a weight where it asks for gradients, or names all of them and never asks for a list."""
    if machine.finder is not None and asked_elsewhere(module.path, machine.finder, attribute, through):
        return True
    if not (through | {attribute}).isdisjoint(handed_on(module.tree)) and _may_be_asked_by_hand(machine, module):
        return True
    asks = any(asked.place.module is module for asked in machine.asked)
    return asks and module.relevance is not None and module.relevance.names(module.tree).isdisjoint(ASKS_FOR_LISTED)


@lru_cache(maxsize=2048)
def relevance_of(tree: ast.Module, path: str, finder: ModuleFinder | None) -> Relevance:
    """What of a module matters, the names that it imports from the project's other modules included."""
    imported = imported_names(path, finder) if finder is not None and path else frozenset()
    return Relevance(tree, imported)


SCRIPT_SHARE = 60_000
MODULE_SHARE = 20_000


def _run_main_script(machine: Machine, module: Module, frame: Frame, found: Interpretation) -> None:
    """Run the module's own statements as far as their share of the budget goes."""
    try:
        with machine.sharing(SCRIPT_SHARE):
            _run_script(machine, module, frame)
    except OutOfBudgetError as error:
        if machine.budget <= machine.share:
            raise
        machine.calls_functions = True
        found.not_checked.append((module.tree, str(error)))


def load(machine: Machine, imported: Imported) -> Value:
    """A module of the project, run once, or something in it."""
    module = machine.modules.get(imported.path) or _loaded(machine, imported.path)
    if module is None:
        return UNKNOWN
    if imported.name is None:
        return ModuleValue(module)
    return attributes.of_module(machine, module, imported.name)


def _loaded(machine: Machine, path: str) -> Module | None:
    read = parsed(path)
    if read is None:
        return None
    module = Module(path, "", list(read.lines), read.tree, path=path)
    module.relevance = relevance_of(read.tree, path, machine.finder)
    module.scope.names["__name__"] = Constant(os.path.splitext(os.path.basename(path))[0])
    machine.modules[path] = module
    # What a module binds is there to stay, whichever branch happened to use it first.
    journal, machine.journal = machine.journal, []
    calls_functions = machine.calls_functions
    try:
        with machine.sharing(MODULE_SHARE), machine.during(Phase.SCRIPT, frozenset()):
            _run_script(machine, module, Frame(module, module.scope))
    except OutOfBudgetError:
        if machine.budget <= machine.share:
            raise
    finally:
        machine.journal = journal
        machine.calls_functions = calls_functions
    return module


def _run_script(machine: Machine, module: Module, frame: Frame) -> None:
    """Run the module's own statements; those that have nothing to do with weights call no functions."""
    for statement in module.tree.body:
        machine.calls_functions = module.matters(statement)
        aside = not machine.calls_functions and fills_table(module, statement)
        try:
            if aside:
                _run_aside(machine, statement, frame)
            elif machine.execute(machine, [statement], frame) is not None:
                break
        except MissingError:
            continue
    machine.calls_functions = True
    machine.settle(frame)


TABLE_SHARE = 1_000
"""What one statement may take that makes or fills a table, and has nothing to do with weights itself."""


def _run_aside(machine: Machine, statement: ast.stmt, frame: Frame) -> None:
    try:
        with machine.sharing(TABLE_SHARE), machine.calling_functions():
            machine.execute(machine, [statement], frame)
    except OutOfBudgetError:
        if machine.budget <= machine.share:
            raise
        machine.execute(machine, [statement], frame)


def _judge_made(machine: Machine, place: Place, found: Interpretation) -> None:
    """Judge what a script or function has made: objects, models, and what those are compiled with."""
    judge_all_given(machine, place.module, found)
    judge_models(machine, place, found)
    judge_compiled(machine, place, found)
    judge_loss_objects(machine, place, found)


def _nothing_known(function: Function) -> Arguments:
    """What a function is called with that nobody calls: any value for each parameter, and nothing more by `**`."""
    signature = function.node.args
    if signature.kwarg is None or signature.vararg is not None:
        return EVERYTHING_UNKNOWN
    positional = tuple(UNKNOWN for _ in (*signature.posonlyargs, *signature.args))
    return Arguments(positional, tuple((parameter.arg, UNKNOWN) for parameter in signature.kwonlyargs))


def _with_models(machine: Machine, function: Function, place: Place) -> Arguments:
    """The same, but for the models that a function which asks for gradients is written for."""
    relevance = function.module.relevance
    if relevance is None or "GradientTape" not in relevance.names(function.node):
        return _nothing_known(function)
    makers = makers_for(machine, function)
    models = {name: model_by(machine, maker, place) for name, maker in makers.items()}
    models = {name: model for name, model in models.items() if answers(model, asked_of(function, name))}
    machine.forget_made()
    return arguments_of(function, models) if models else _nothing_known(function)


def _run_the_rest(
    machine: Machine, module: Module, found: Interpretation, classes: int = 0, functions: int = 0, depth: int = 0
) -> None:
    """Run what was defined and left alone: classes as their host would, functions with no argument known.

    `classes` and `functions` are how many there were before what defined the ones to run.
    """
    for type_ in machine.classes[classes:]:
        if type_.module is module and module.matters(type_.node):
            run_entry(machine, type_.node, found, partial(run_host, machine, type_, found))
    if depth > 3 or len(machine.functions) == functions:
        return
    for node, function in list(machine.functions.items())[functions:]:
        if node in machine.executed or function.module is not module or not module.matters(node):
            continue
        if function.owner is not None:
            kind = attributes.method_kind(function)
            if kind == "plain":
                continue
            function = replace(function, receiver=function.owner if kind == "class" else None)
        before = len(machine.classes), len(machine.functions)
        place = Place(module, node, function.name)

        def run(function: Function = function, place: Place = place, before: tuple[int, int] = before) -> None:
            machine.forget_made()
            calls.call_function(machine, function, _with_models(machine, function, place), place)
            _judge_made(machine, place, found)
            _run_the_rest(machine, module, found, *before, depth + 1)

        run_entry(machine, node, found, run)
