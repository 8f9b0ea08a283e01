"""Running one module: its script, its functions that nobody calls, and the classes that Keras would run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from gradlint.run import Dialect, Journey, Phase
from gradlint.static import attributes, calls, expressions, statements
from gradlint.static.exports import imported_names
from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.journeys import journeys_of_object, journeys_of_recreated, journeys_of_request
from gradlint.static.knowledge import among
from gradlint.static.listing import listed_variables
from gradlint.static.machine import EVERYTHING_UNKNOWN, AttributeMissingError, Machine, OutOfBudgetError
from gradlint.static.modules import ModuleFinder, parsed
from gradlint.static.reading import origins_of, parts_of
from gradlint.static.relevance import Relevance
from gradlint.static.scopes import Frame, Module
from gradlint.static.values import (
    NO_ORIGINS,
    UNKNOWN,
    Carrier,
    Class,
    Constant,
    Container,
    Function,
    Imported,
    Instance,
    ModuleValue,
    Origins,
    Place,
    Tensor,
    Union,
    Value,
)

FORWARD_METHODS = ("call", "__call__")
STEP_METHODS = ("train_step",)


@dataclass
class Interpretation:
    """What running one module in one dialect found."""

    journeys: list[Journey] = field(default_factory=list)
    weights: int = 0
    not_checked: list[tuple[ast.AST, str]] = field(default_factory=list)


def new_machine(dialect: Dialect) -> Machine:
    """A machine with the whole interpreter plugged in."""
    return Machine(
        dialect=dialect,
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
        _judge_all_given(machine, module, found)
        _run_the_rest(machine, module, found, 0, 0)
    except OutOfBudgetError as error:
        found.not_checked.append((module.tree, str(error)))
    except RecursionError:
        found.not_checked.append((module.tree, "the code is nested too deeply"))
    for asked in machine.asked:
        found.journeys.extend(journeys_of_request(asked, machine.watched))
    found.journeys.extend(journeys_of_recreated([v for v in machine.variables if v.recreated and not v.watched]))
    found.weights = len({variable.created.node for variable in machine.variables})
    return found


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
        try:
            if machine.execute(machine, [statement], frame) is not None:
                break
        except AttributeMissingError:
            continue
    machine.calls_functions = True
    machine.settle(frame)


ENTRY_SHARE = 30_000


def _run_entry(machine: Machine, node: ast.AST, found: Interpretation, action: Callable[[], object]) -> None:
    """Run one entry from the present state, and leave that state as it was; what goes too far is not checked."""
    mark = len(machine.journal)
    try:
        with machine.sharing(ENTRY_SHARE):
            _guarded(action)
    except OutOfBudgetError as error:
        if machine.budget <= machine.share:
            raise
        found.not_checked.append((node, str(error)))
    machine.undo(mark)


def _guarded(action: Callable[[], object]) -> None:
    try:
        action()
    except AttributeMissingError:
        return


def _run_the_rest(machine: Machine, module: Module, found: Interpretation, classes: int, depth: int) -> None:
    """Run what was defined and left alone: classes as their host would, functions with no argument known."""
    for type_ in machine.classes[classes:]:
        if type_.module is module and module.matters(type_.node):
            _run_entry(machine, type_.node, found, partial(_run_host, machine, type_, found))
    if depth > 3:
        return
    for node, function in list(machine.functions.items()):
        if node in machine.executed or function.owner is not None or function.module is not module:
            continue
        if not module.matters(node):
            continue
        before = len(machine.classes)
        place = Place(module, node, function.name)

        def run(function: Function = function, place: Place = place, before: int = before) -> None:
            machine.instances.clear()
            calls.call_function(machine, function, EVERYTHING_UNKNOWN, place)
            _judge_all_given(machine, module, found)
            _run_the_rest(machine, module, found, before, depth + 1)

        _run_entry(machine, node, found, run)


# -- objects ----------------------------------------------------------------------------------------------------


def _run_host(machine: Machine, type_: Class, found: Interpretation) -> None:
    host = host_of(type_)
    if host is Host.FOREIGN:
        return
    before = len(machine.variables)
    outer_executed, machine.executed = machine.executed, set()
    machine.losses.clear()
    machine.raised = 0
    instance = Instance(type_)
    place = Place(type_.module, type_.node, type_.name)
    _guarded(lambda: _set_up(machine, instance, place))
    if instance.attributes.get("trainable") not in (None, Constant(True)):
        machine.executed |= outer_executed
        return
    _judge(machine, instance, set(machine.executed), before, found)
    machine.executed |= outer_executed


def _judge_all_given(machine: Machine, module: Module, found: Interpretation) -> None:
    for instance in list(machine.instances):
        if instance.type.module is module:
            _run_entry(machine, instance.type.node, found, partial(_judge_given, machine, instance, found))


def _judge_given(machine: Machine, instance: Instance, found: Interpretation) -> None:
    """Run the forward pass of an object whose caller handed it weights of its own."""
    type_ = instance.type
    if host_of(type_) in (Host.FOREIGN, Host.CARRIER) or not _holds_given(instance):
        return
    outer_executed, machine.executed = machine.executed, set()
    machine.losses.clear()
    machine.raised = 0
    initializer = lookup(type_, "__init__")
    set_up: set[ast.AST] = {initializer.node} if isinstance(initializer, Function) else set()
    if host_of(type_) in (Host.KERAS, Host.UNKNOWN):
        calls.build(machine, instance, Place(type_.module, type_.node, type_.name))
    _judge(machine, instance, set_up, len(machine.variables), found)
    machine.executed |= outer_executed


def _holds_given(instance: Instance) -> bool:
    """Whether an object holds something plain that was computed from a weight which its own class did not make."""
    own = f"{instance.type.name}."
    return any(
        not origin.variable.created.function.startswith(own)
        for value in instance.attributes.values()
        for origin in _origins_inside(value)
    )


def _origins_inside(value: Value, depth: int = 0) -> Origins:
    if isinstance(value, Tensor):
        return value.origins
    inside = (_origins_inside(part, depth + 1) for part in parts_of(value)) if depth < 6 else ()
    return NO_ORIGINS.union(*inside)


def _judge(machine: Machine, instance: Instance, set_up: set[ast.AST], before: int, found: Interpretation) -> None:
    """Run the forward pass of an object that is set up, and tell the journeys of its weights.

    `set_up` are the functions that setup ran; `before` is the number of weights that there were without the object.
    """
    type_, host = instance.type, host_of(instance.type)
    place = Place(type_.module, type_.node, type_.name)
    setup_losses = frozenset().union(*machine.losses)
    primary = [name for name in FORWARD_METHODS if isinstance(lookup(type_, name), Function)]
    if host in (Host.MODULE, Host.PLAIN, Host.CARRIER):
        primary = [name for name in _public_methods(type_) if not _node_of(type_, name) & set_up]
    made_in_setup = len(machine.variables)
    _doubt_reassigned(machine, instance, primary, set_up)
    del machine.variables[made_in_setup:]
    now: Origins = setup_losses
    tapes: tuple[int, int] = (0, 0)
    forward_tapes: list[int] = []
    first_tapes: list[int] = []
    for name in primary:
        mark = len(machine.journal)
        origins, tapes = _call_twice(machine, instance, name, place)
        machine.undo(mark)
        first_tapes.append(tapes[0])
        forward_tapes.append(tapes[1])
        now |= origins if name in FORWARD_METHODS else _uncut(origins)
        if name in FORWARD_METHODS:
            for variable in machine.variables[before:]:
                variable.recreated |= tapes[1] in variable.tapes
    known = {origin.variable for origin in now}
    if host in (Host.KERAS, Host.UNKNOWN):
        _run_steps(machine, instance, place)
        for name in _public_methods(type_):
            if name in primary or name in STEP_METHODS or _node_of(type_, name) & machine.executed:
                continue
            mark = len(machine.journal)
            origins, tapes = _call_twice(machine, instance, name, place)
            machine.undo(mark)
            first_tapes.append(tapes[0])
            forward_tapes.append(tapes[1])
            now |= _uncut(frozenset(origin for origin in origins if origin.variable not in known))
    reached = {origin.variable for origin in now}
    made = [
        variable
        for position, variable in enumerate(machine.variables[before:], before)
        if variable.phase is not Phase.FORWARD and (position < made_in_setup or variable in reached)
    ]
    made += [r.variable for r in attributes.weights_of(instance) if r.variable in reached and r.variable not in made]
    asked_for = {variable.created.node for variable in machine.variables if variable.requested}
    for variable in made:
        variable.requested |= variable.created.node in asked_for
    sees_everything = bool(primary) and host in (Host.KERAS, Host.MODULE) and not _calls_unseen_bases(type_)
    sees_everything = sees_everything and not machine.raised
    found.journeys.extend(
        journeys_of_object(
            type_.name,
            made,
            now,
            frozenset(forward_tapes),
            frozenset(first_tapes),
            listed_variables(machine.dialect, instance, host),
            sees_everything,
        )
    )


def _uncut(origins: Origins) -> Origins:
    """Ways through a method of which we do not know that anyone wants a gradient: what it cuts may be meant."""
    return frozenset(replace(origin, unknown=True) if origin.cut is not None else origin for origin in origins)


def _set_up(machine: Machine, instance: Instance, place: Place) -> None:
    initializer = lookup(instance.type, "__init__")
    with machine.during(Phase.SETUP, frozenset()):
        if isinstance(initializer, Function):
            calls.call_function(machine, replace(initializer, receiver=instance), EVERYTHING_UNKNOWN, place)
        else:
            attributes.fill_dataclass(machine, instance, EVERYTHING_UNKNOWN)
    if host_of(instance.type) in (Host.KERAS, Host.UNKNOWN):
        calls.build(machine, instance, place)


def _call_twice(machine: Machine, instance: Instance, name: str, place: Place) -> tuple[Origins, tuple[int, int]]:
    """What the second of two calls of a method gives, and the tapes of both."""
    method = lookup(instance.type, name)
    tapes = (machine.new_tape(), machine.new_tape())
    origins: Origins = NO_ORIGINS
    if not isinstance(method, Function):
        return origins, tapes
    for tape in tapes:
        machine.losses.clear()
        with machine.during(Phase.FORWARD, frozenset({tape})):
            try:
                result = calls.call_function(machine, replace(method, receiver=instance), EVERYTHING_UNKNOWN, place)
            except AttributeMissingError:
                return NO_ORIGINS, tapes
            calls.add_deferred_losses(machine, instance, place)
            origins = origins_of(machine, result, place).union(*machine.losses)
    return origins, tapes


def _run_steps(machine: Machine, instance: Instance, place: Place) -> None:
    for name in STEP_METHODS:
        method = lookup(instance.type, name)
        if isinstance(method, Function):
            mark = len(machine.journal)
            bound = replace(method, receiver=instance)
            for _ in range(2):
                with machine.during(Phase.SCRIPT, frozenset()):
                    _guarded(partial(calls.call_function, machine, bound, EVERYTHING_UNKNOWN, place))
            machine.undo(mark)


# -- what a class's source says ---------------------------------------------------------------------------------


def _public_methods(type_: Class) -> list[str]:
    names: dict[str, None] = {}
    for base in linear_bases(type_):
        if isinstance(base, Class):
            for name, member in base.members.items():
                special = name == "__call__" or not name.startswith("_")
                harmless = name in ("build", "from_config") or among("harmless_methods", name)
                if isinstance(member, Function) and special and not harmless:
                    names.setdefault(name)
    if host_of(type_) is Host.CARRIER:
        for base in linear_bases(type_):
            if isinstance(base, Class):
                names.update(dict.fromkeys(n for n in base.members if n.startswith("_") and not n.startswith("__")))
    return list(names)


def _node_of(type_: Class, name: str) -> set[ast.AST]:
    member = lookup(type_, name)
    return {member.node} if isinstance(member, Function) else set()


def _calls_unseen_bases(type_: Class) -> bool:
    bare = {"keras.layers.Layer", "keras.Model", "tf.Module"}
    return any(not isinstance(base, Class) and getattr(base, "name", "") not in bare for base in linear_bases(type_))


def _doubt_reassigned(machine: Machine, instance: Instance, primary: list[str], set_up: set[ast.AST]) -> None:
    """Doubt what setup froze and code that nobody is seen to call may compute again."""
    assigned = _assigned_elsewhere(instance.type)
    frozen = {name for name, value in instance.attributes.items() if _origins_inside(value)}
    suspects = {name for names in assigned.values() for name in names} & frozen
    outside = _assigned_outside(instance.type.module.tree) & frozen
    if not suspects and not outside:
        return
    mark = len(machine.journal)
    place = Place(instance.type.module, instance.type.node, instance.type.name)
    before = set(machine.executed)
    for name in primary:
        _call_twice(machine, instance, name, place)
        machine.undo(mark)
    called = machine.executed | set_up
    machine.executed = before
    doubtful = {name for node, names in assigned.items() if node not in called for name in names} | outside
    for name in doubtful & set(instance.attributes):
        machine.write(instance.attributes, name, _doubted(instance.attributes[name]))


def _doubted(value: Value) -> Value:
    if isinstance(value, Tensor):
        return Tensor(frozenset(replace(origin, unknown=True) for origin in value.origins))
    if isinstance(value, Carrier):
        return replace(value, members=tuple((name, _doubted(member)) for name, member in value.members))
    if isinstance(value, Container):
        return Container(value.type, {key: _doubted(element) for key, element in value.items.items()})
    if isinstance(value, Union):
        return Union(tuple(_doubted(alternative) for alternative in value.alternatives))
    return value


def _assigned_elsewhere(type_: Class) -> dict[ast.AST, set[str]]:
    found: dict[ast.AST, set[str]] = {}
    for base in linear_bases(type_):
        if not isinstance(base, Class):
            continue
        for statement in base.node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = {
                    node.attr
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                }
                if names:
                    found[statement] = names
    return found


@lru_cache(maxsize=8)
def _assigned_outside(tree: ast.Module) -> frozenset[str]:
    """Attribute names that a module's code assigns on anything that is not called `self`."""
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    )
