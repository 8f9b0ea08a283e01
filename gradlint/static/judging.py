"""Judging objects: an object of a class is set up and called as its host would, and its weights' journeys are told."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from gradlint.run import End, Journey, Kind, Phase, Role, Span, Stop
from gradlint.static import attributes, calls
from gradlint.static.binding import bind
from gradlint.static.by_default import is_trained
from gradlint.static.differentiated import FORWARD_METHODS, beside_frozen, is_differentiated, is_evaluation, uncut
from gradlint.static.doubting import doubted_targets, doubted_where_called, doubted_where_renewed
from gradlint.static.entries import ENTRY_SHARE, Interpretation, guarded, run_entry
from gradlint.static.held_ways import (
    given_names,
    holds_assigned,
    holds_given,
    holds_prepared,
    is_given,
    is_prepared,
    origins_inside,
)
from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.journeys import journeys_of_object
from gradlint.static.keys import is_hashable
from gradlint.static.knowledge import among
from gradlint.static.listing import Lists, lists_of, lists_weights
from gradlint.static.machine import EVERYTHING_UNKNOWN, FROM_OUTSIDE, Arguments, Machine, MissingError
from gradlint.static.preparing import only_given, only_prepares
from gradlint.static.reading import as_distribution, doubted_value, origins_of
from gradlint.static.reassigning import is_called, renewed_by_methods, stores_outside
from gradlint.static.records import fill_record
from gradlint.static.scopes import Module, Scope
from gradlint.static.tracing import building, is_built_by_running
from gradlint.static.values import (
    NO_ORIGINS,
    Carrier,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    LibraryObject,
    Opaque,
    Origin,
    Origins,
    Partial,
    Place,
    Reference,
    Value,
    Variable,
    doubted,
)

STEP_METHODS = ("train_step",)


def run_host(machine: Machine, type_: Class, found: Interpretation) -> None:
    """Set up an object of a class with nothing known of its arguments, and judge it."""
    host = host_of(type_)
    if host is Host.FOREIGN:
        return
    before = len(machine.variables)
    machine.models.clear()
    instance = Instance(type_)
    place = Place(type_.module, type_.node, type_.name)
    with _of_its_own(machine):
        guarded(lambda: _set_up(machine, instance, place))
        if is_trained(instance):
            by_hand = instance.attributes.get("built") == Constant(True)
            guarded(lambda: _build(machine, instance, place))
            _judge(machine, instance, set(machine.executed), before, found, by_hand)


@contextmanager
def _of_its_own(machine: Machine) -> Iterator[None]:
    """Note what one object runs, raises and loses apart from what was before; what is not run to its end is not run."""
    executed, machine.executed = machine.executed, set()
    machine.losses.clear()
    machine.raised = 0
    try:
        yield
        executed |= machine.executed
    finally:
        machine.executed = executed


CONFIGURED_SHARE = 8_000
"""What the objects of one script or function may take together; their classes are judged without it."""


def judge_all_given(machine: Machine, module: Module, found: Interpretation) -> None:
    """Judge the objects that a script or function has made: as they were configured, each configuration once.

    A weight that an object was lent may be trained through another one, as that of a model through its trainer.
    """
    known: set[tuple[Class, Configuration]] = set()
    judged: list[tuple[list[Journey], set[Span]]] = []
    left = CONFIGURED_SHARE
    for instance, arguments in list(machine.instances):
        configuration = (instance.type, _configuration(instance, arguments))
        given = holds_given(instance) and instance.type.module is module
        given = given or holds_assigned(instance) or holds_prepared(instance)
        if not given and (not configuration[1] or configuration in known or left < 100):
            continue
        known.add(configuration)
        own = Interpretation(not_checked=found.not_checked if given else [])
        before = machine.budget
        run_entry(
            machine,
            instance.type.node,
            own,
            partial(_judge_given, machine, instance, own),
            ENTRY_SHARE if given else left,
        )
        left -= 0 if given else before - machine.budget
        lent = {
            reference.variable.created.span()
            for one in arguments.everything
            for reference in attributes.weights_of(one)
        }
        judged.append((own.journeys, lent))
    for journeys, lent in judged:
        frozen = {way.first(Role.READ) for one in journeys for way in one.ways if way.end is End.FROZEN}
        elsewhere = (one for others, _ in judged if others is not journeys for one in others)
        trained = {one.weight.created for one in elsewhere if _is_trained(one, frozen)} & lent
        found.journeys.extend(one for one in journeys if one.weight.created not in trained or _keeps_tensor(one))


def _keeps_tensor(journey: Journey) -> bool:
    """Whether an object that was lent a weight keeps a tensor computed from it, as the decoder of a tied pair does.

    A variable that begins with its value is meant to go its own way.
    """
    lost = [way for way in journey.ways if way.end is End.FROZEN and way.phase is Phase.SETUP]
    return bool(lost) and not any(Kind.VARIABLE in way.kinds(Role.KEPT) for way in lost)


def _is_trained(journey: Journey, frozen: Collection[Stop | None]) -> bool:
    """Whether a weight reaches the result of an object by more than a method that setup called, too."""
    for way in journey.ways:
        read = way.first(Role.READ)
        own, _, method = ("", "", "") if read is None else read.function.rpartition(".")
        called = read in frozen and own == journey.owner and method not in FORWARD_METHODS
        if way.end is End.REACHES and not called:
            return True
    return False


Configuration: TypeAlias = tuple[tuple[str, object], ...]


def _configuration(instance: Instance, arguments: Arguments) -> Configuration:
    """The parameters of an object's constructor that hold something known: constants by value, the rest by identity."""
    initializer = lookup(instance.type, "__init__")
    if arguments.is_open:
        return ()
    if not isinstance(initializer, Function):  # Keras' own keeps the layer that a wrapper is given
        return (("layer", id(arguments.get(0, "layer"))),) if "layer" in instance.attributes else ()
    scope = Scope()
    bind(replace(initializer, receiver=instance), arguments, scope, None)
    return tuple(
        (name, value.value if isinstance(value, Constant) and is_hashable(value.value) else id(value))
        for name, value in scope.names.items()
        if value is not instance and not (isinstance(value, Opaque) and not value.parts)
    )


def _judge_given(machine: Machine, instance: Instance, found: Interpretation) -> None:
    """Run the forward pass of an object as it was made."""
    type_ = instance.type
    if host_of(type_) in (Host.FOREIGN, Host.CARRIER):
        return
    set_up = _node_of(type_, "__init__") | instance.set_up_by
    if instance.attributes.get("built") == Constant(True):  # by hand: it is not run once more
        set_up |= _node_of(type_, "build")
    before = len(found.journeys)
    with _of_its_own(machine):
        was_built = instance.attributes.get("built") == Constant(True)
        _build(machine, instance, Place(type_.module, type_.node, type_.name))
        asked_for = {variable.created.span() for variable in machine.variables if variable.requested}
        _judge(machine, instance, set_up, len(machine.variables), found, was_built)
    # What the program itself asks of a tape is told there: this object may be one that nobody trains.
    found.journeys[before:] = [one for one in found.journeys[before:] if one.weight.created not in asked_for]


def _judge(
    machine: Machine,
    instance: Instance,
    set_up: set[ast.AST],
    before: int,
    found: Interpretation,
    was_built: bool,
) -> None:
    """Run the forward pass of an object that is set up, and tell the journeys of its weights.

    `set_up` are the functions that setup ran; `before` is the number of weights that there were without the object;
    `was_built` tells whether something built the object before its host would have.
    """
    type_, host = instance.type, host_of(instance.type)
    place = Place(type_.module, type_.node, type_.name)
    setup_losses = frozenset().union(*machine.losses)
    primary = [name for name in FORWARD_METHODS if isinstance(lookup(type_, name), Function)]
    if host in (Host.MODULE, Host.PLAIN, Host.CARRIER):
        primary = [name for name in _public_methods(type_) if not _node_of(type_, name) & set_up]
        if host is Host.CARRIER:  # a bijector that has no inverse says so
            primary = [name for name in primary if not any(map(calls.is_abstract, _node_of(type_, name)))]
        handed_on_to = _hands_on_to(type_)
        primary = [name for name in primary if name != handed_on_to]
        primary.sort(key=lambda name: (name not in FORWARD_METHODS, not is_differentiated(host, name)))
    made_in_setup = len(machine.variables)
    _doubt_reassigned(machine, instance, primary, set_up)
    del machine.variables[made_in_setup:]
    now: Origins = setup_losses
    tapes: tuple[int, int] = (0, 0)
    forward_tapes: list[int] = []
    first_tapes: list[int] = []
    listed = lists_of(machine, instance, host)
    made_by_first_call: set[Variable] = set()
    for name in primary:
        mark = len(machine.journal)
        runs = name == "call" and not was_built and is_built_by_running(instance)
        origins, tapes = _call_twice(machine, instance, name, place, runs)
        if name in FORWARD_METHODS:
            held_now = (reference.variable for reference in attributes.weights_of(instance))
            made_by_first_call |= {variable for variable in held_now if variable.tapes == {tapes[0]}}
        listed = _with_new(listed, lists_of(machine, instance, host))
        machine.undo(mark)
        first_tapes.append(tapes[0])
        forward_tapes.append(tapes[1])
        origins = beside_frozen(origins, now) if is_evaluation(name) else origins
        origins = origins if name in FORWARD_METHODS else doubted_targets(instance, origins)
        now |= origins if is_differentiated(host, name) else uncut(origins, now)
        if name in FORWARD_METHODS:
            for variable in machine.variables[before:]:
                # A plain object that is called is as likely a factory of layers and other objects as a forward pass.
                own = not variable.lazy and variable.created.function.startswith(f"{type_.name}.")
                built = host is Host.PLAIN and not own
                variable.recreated |= tapes[1] in variable.tapes and not built
    known = {origin.variable for origin in now}
    if host in (Host.KERAS, Host.UNKNOWN):
        run_steps(machine, instance, place)
        for name in _public_methods(type_):
            if name in primary or name in STEP_METHODS or _node_of(type_, name) & machine.executed:
                continue
            mark = len(machine.journal)
            origins, tapes = _call_twice(machine, instance, name, place)
            listed = _with_new(listed, lists_of(machine, instance, host))
            machine.undo(mark)
            first_tapes.append(tapes[0])
            forward_tapes.append(tapes[1])
            others = frozenset(origin for origin in origins if origin.variable not in known)
            now |= others if is_differentiated(host, name) else uncut(others)
    if host in (Host.KERAS, Host.MODULE):
        now |= doubted(_read_by_properties(machine, instance, place, {origin.variable for origin in now}))
    held = {reference.variable for reference in attributes.weights_of(instance)}
    copied = frozenset(origin for origin in now if _only_copied(origin, held))
    for origin in copied:
        origin.variable.escaped = True
    now = doubted_where_called(machine, instance, now)
    given = given_names(instance)
    prepared = frozenset(one for one in now - copied if is_prepared(one, instance) or is_given(one, given))
    as_set_up = frozenset(replace(origin, phase=Phase.SETUP) for origin in prepared)
    now = (now - copied - prepared) | as_set_up | doubted(copied)
    reached = {origin.variable for origin in now}
    made = [
        variable
        for position, variable in enumerate(machine.variables[before:], before)
        if (variable.phase is not Phase.FORWARD or variable in made_by_first_call)
        and (position < made_in_setup or variable in reached)
    ]
    held_by_class = [one for base in linear_bases(type_) if isinstance(base, Class) for one in base.members.values()]
    for held_value in (instance, *(one for one in held_by_class if isinstance(one, (Reference, Carrier)))):
        weights = (reference.variable for reference in attributes.weights_of(held_value))
        made += [variable for variable in weights if variable in reached and variable not in made]
    registered = [one for one in reached if one.layer is instance and one not in made]
    made += sorted(registered, key=lambda one: one.created.span())  # it may hold no more than a tensor of one
    asked_for = {variable.created.node for variable in machine.variables if variable.requested}
    asked_for -= {variable.created.node for variable in made if variable.requested}  # of these each is known
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
            listed,
            sees_everything,
        )
    )


def _with_new(listed: Lists | None, after: Lists | None) -> Lists | None:
    """What an object lists, with what it lists after a call that may have built layers."""
    return None if listed is None or after is None else listed | after


def _read_by_properties(machine: Machine, instance: Instance, place: Place, known: set[Variable]) -> Origins:
    """The ways of weights that only a property hands out: whoever asks for it may train them."""
    found: Origins = NO_ORIGINS
    if all(one.variable in known for one in attributes.weights_of(instance)):
        return found
    for base in linear_bases(instance.type):
        for name, member in base.properties.items() if isinstance(base, Class) else ():
            if not name.startswith("_") and member.getter.node not in machine.executed:
                mark = len(machine.journal)
                with machine.during(Phase.FORWARD, frozenset({machine.new_tape()})):
                    value = attributes.get(machine, instance, name, place)
                    found |= origins_of(machine, value, place)
                machine.undo(mark)
    return frozenset(origin for origin in found if origin.variable not in known)


def _only_copied(origin: Origin, held: set[Variable]) -> bool:
    """Whether a variable served as another one's initial value, and nothing holds it any more."""
    return origin.copied and not origin.variable.registered and origin.variable not in held


def _set_up(machine: Machine, instance: Instance, place: Place) -> None:
    initializer = lookup(instance.type, "__init__")
    with machine.during(Phase.SETUP, frozenset()):
        if isinstance(initializer, Function):
            calls.call_function(machine, replace(initializer, receiver=instance), EVERYTHING_UNKNOWN, place)
        else:
            fill_record(machine, instance, EVERYTHING_UNKNOWN)


def _build(machine: Machine, instance: Instance, place: Place) -> None:
    if host_of(instance.type) in (Host.KERAS, Host.UNKNOWN):
        calls.build(machine, instance, place)


def _call_twice(
    machine: Machine, instance: Instance, name: str, place: Place, runs: bool = False
) -> tuple[Origins, tuple[int, int]]:
    """What the second of two calls of a method gives, and the tapes of both.

    `runs` tells whether the first one is how Keras 3 builds the object.
    """
    method = lookup(instance.type, name)
    tapes = (machine.new_tape(), machine.new_tape())
    origins: Origins = NO_ORIGINS
    if not isinstance(method, Function):
        return origins, tapes
    executed, machine.executed = machine.executed, set()
    try:
        for tape in tapes:
            machine.losses.clear()
            first = runs and tape == tapes[0]
            with machine.during(Phase.FORWARD, frozenset({tape})), building(machine, first, place):
                result = calls.call_function(machine, replace(method, receiver=instance), FROM_OUTSIDE, place)
                calls.add_deferred_losses(machine, instance, place)
                penalties = origins_of(
                    machine, Container("list", dict(enumerate(_penalties(machine, instance)))), place
                )
                lists = name not in FORWARD_METHODS and lists_weights(machine, instance, name, result)
                origins = NO_ORIGINS if lists else origins_of(machine, as_distribution(result), place)
                origins = origins.union(*machine.losses, penalties)
        return doubted_where_renewed(machine, instance, origins, tapes), tapes
    except MissingError:
        return NO_ORIGINS, tapes
    finally:
        machine.executed |= executed


def _penalties(machine: Machine, instance: Instance) -> Iterator[Value]:
    """The losses that Keras computes from the weights themselves, by the regularizers that are known."""
    for weight in attributes.weights_of(instance):
        known = isinstance(weight.variable.regularizer, (Constant, LibraryObject, Function, Partial, Instance))
        if known and not weight.variable.lazy:
            yield attributes.regularized(machine, weight, weight.variable.created)


def run_steps(machine: Machine, instance: Instance, place: Place) -> None:
    """Run the training step that a model brings along, twice, as `fit` would."""
    for name in STEP_METHODS:
        method = lookup(instance.type, name)
        if isinstance(method, Function):
            mark = len(machine.journal)
            bound = replace(method, receiver=instance)
            for _ in range(2):
                with machine.during(Phase.SCRIPT, frozenset()):
                    guarded(partial(calls.call_function, machine, bound, EVERYTHING_UNKNOWN, place))
            machine.undo(mark)


# -- what a class's source says ---------------------------------------------------------------------------------


def _public_methods(type_: Class) -> list[str]:
    names: dict[str, None] = {}
    for base in linear_bases(type_):
        if isinstance(base, Class):
            for name, member in base.members.items():
                special = name == "__call__" or not name.startswith("_")
                harmless = name in ("build", "from_config") or among("harmless_methods", name)
                bound = isinstance(member, Function) and attributes.method_kind(member) == "plain"
                if bound and special and not harmless:
                    names.setdefault(name)
    if host_of(type_) is Host.CARRIER:
        for base in linear_bases(type_):
            if isinstance(base, Class):
                names.update(dict.fromkeys(n for n in base.members if n.startswith("_") and not n.startswith("__")))
    return list(names)


def _hands_on_to(type_: Class) -> str:
    """The method to which `__call__` hands whatever it is given, and does nothing else: it is run by that."""
    member = lookup(type_, "__call__")
    body = member.node.body if isinstance(member, Function) and isinstance(member.node, ast.FunctionDef) else []
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call) or len(body) > 2:
        return ""
    callee = last.value.func
    own = isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and callee.value.id == "self"
    whole = any(isinstance(argument, ast.Starred) for argument in last.value.args)
    return callee.attr if own and whole and isinstance(callee, ast.Attribute) else ""


def _node_of(type_: Class, name: str) -> set[ast.AST]:
    member = lookup(type_, name)
    return {member.node} if isinstance(member, Function) else set()


def _calls_unseen_bases(type_: Class) -> bool:
    bare = {"keras.layers.Layer", "keras.Model", "tf.Module"}
    return any(not isinstance(base, Class) and getattr(base, "name", "") not in bare for base in linear_bases(type_))


def _doubt_reassigned(machine: Machine, instance: Instance, primary: list[str], set_up: set[ast.AST]) -> None:
    """Doubt what setup froze and code that nobody is seen to call may compute again."""
    frozen = {name for name, value in instance.attributes.items() if origins_inside(value)}
    if not frozen:
        return
    assigned = renewed_by_methods(instance.type, set().union(*instance.given.values()))
    suspects = {name for names in assigned.values() for name in names} & frozen
    outside = (stores_outside(instance.type.module.tree).keys() | instance.given.keys()) & frozen
    outside = {name for name in outside if not only_given(machine, instance, name)}
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
    doubtful = {
        name
        for node, names in assigned.items()
        if (
            node not in called
            or node in instance.prepared_by
            or (node in set_up and is_called(instance.type, node, machine.finder))
        )
        and not only_prepares(machine, instance, node)
        for name in names
    }
    doubtful |= outside
    for name in doubtful & set(instance.attributes):
        machine.write(instance.attributes, name, doubted_value(instance.attributes[name]))
