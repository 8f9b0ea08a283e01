"""What `tf.function` keeps of the call in which Keras 3 builds a layer: a trace in which the weights are constants.

A layer without a `build` of its own is built by running its `call` on symbols, and so is every layer inside a
functional model. What that makes has no value yet, and a function under `tf.function` that reads it then writes its
first value into a trace, which later calls with inputs of the same shape run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from gradlint.run import Dialect
from gradlint.static.attributes import weights_of
from gradlint.static.hosts import Host, host_of, linear_bases
from gradlint.static.knowledge import among
from gradlint.static.machine import Arguments, Machine, Trace
from gradlint.static.sublayers import listed_layers
from gradlint.static.values import (
    DRAWN_BY_BASE,
    Class,
    Constant,
    Function,
    Instance,
    LibraryObject,
    Place,
    Reference,
    Symbol,
)


def is_built_by_running(instance: Instance) -> bool:
    """Whether Keras 3 runs `call` to build a layer: it has no `build` of its own, and holds what is not built.

    A cell is built by the recurrent layer around it.
    """
    if host_of(instance.type) is not Host.KERAS or DRAWN_BY_BASE in instance.attributes or _is_cell(instance):
        return False
    for base in linear_bases(instance.type):
        if isinstance(base, Class):
            if "build" in base.members:
                return False
        elif not (isinstance(base, Symbol) and among("built_by_running", base.name)):
            return False
    return any(map(_is_unbuilt, listed_layers(instance, deep=False).values()))


def _is_cell(instance: Instance) -> bool:
    bases = (base for base in linear_bases(instance.type) if isinstance(base, Class))
    return "state_size" in instance.attributes or any("state_size" in base.properties for base in bases)


def _is_unbuilt(layer: object) -> bool:
    if isinstance(layer, Instance):
        return layer.attributes.get("built") != Constant(True)
    return isinstance(layer, LibraryObject)


@contextmanager
def building(machine: Machine, runs: bool, place: Place) -> Iterator[None]:
    """Run a layer's `call` at `place`: where that is what builds it, note what is made meanwhile."""
    before = machine.unvalued, machine.called_at
    if machine.called_at is None:
        machine.called_at = place.node
    if runs and machine.unvalued is None and machine.dialect is Dialect.KERAS_3:
        machine.unvalued = set()
    try:
        yield
    finally:
        machine.unvalued, machine.called_at = before


def give_value(machine: Machine, weights: Iterable[Reference]) -> None:
    """Note that a stock layer has made its weights, unless it had before."""
    for reference in weights:
        if reference.variable.lazy and reference.variable not in machine.valued:
            machine.write(machine.valued, reference.variable, Constant(True))
            if machine.unvalued is not None:
                machine.unvalued.add(reference.variable)


@contextmanager
def traced(machine: Machine, function: Function, arguments: Arguments) -> Iterator[None]:
    """Run a function under `tf.function`: what its first trace holds, later ones have as it was then."""
    if function.traced is None:
        yield
        return
    key = (function.node, id(function.scope), id(function.receiver))
    if machine.unvalued is not None:
        trace = Trace(function.traced, machine.unvalued, machine.called_at, machine.doubts > 0, function.scope)
        machine.write(machine.traces, key, Constant(trace))
    known = machine.traces.get(key)
    before = machine.replayed
    if isinstance(known, Constant) and isinstance(known.value, Trace):
        given = {reference.variable for value in arguments.everything for reference in weights_of(value)}
        machine.replayed = (*before, replace(known.value, given=frozenset(given)))
    try:
        yield
    finally:
        machine.replayed = before
