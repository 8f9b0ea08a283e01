"""Ways of an object's weights that are in doubt, since others may train, renew or teach with what it holds."""

from __future__ import annotations

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.held_ways import is_kept_in, objects_in, origins_inside
from gradlint.static.machine import Machine
from gradlint.static.reassigning import is_called_by, renewed_by_others
from gradlint.static.values import Instance, LibraryObject, Origins, Reference, Variable, doubted


def doubted_targets(instance: Instance, origins: Origins) -> Origins:
    """Doubt gradients that a loss stops at what another net says that the object holds: it may be a target, or teach.

    Whoever asks a tape for the gradients of such a net is told there.
    """
    own = {held.variable for held in instance.attributes.values() if isinstance(held, Reference)}
    stopped = frozenset(
        origin
        for origin in origins
        if origin.cut is not None
        and origin.cut.kind is Kind.STOP_GRADIENT
        and origin.variable not in own
        and (origin.variable.lazy or not origin.variable.created.function.startswith(f"{instance.type.name}."))
    )
    return (origins - stopped) | doubted(stopped)


def doubted_where_called(machine: Machine, instance: Instance, origins: Origins) -> Origins:
    """Doubt the cut ways of what an object holds under a name by which others call it: they may train it."""
    cut = {origin.variable for origin in origins if origin.cut is not None}
    called: set[Variable] = set()
    for name, value in instance.attributes.items():
        if cut and isinstance(value, (Instance, LibraryObject)) and is_called_by(instance.type, name, machine.finder):
            held = {reference.variable for reference in attributes.weights_of(value)}
            layers = {id(one) for one in objects_in(value)}
            called |= {variable for variable in cut if variable in held or id(variable.layer) in layers}
    doubtful = frozenset(origin for origin in origins if origin.cut is not None and origin.variable in called)
    return (origins - doubtful) | doubted(doubtful)


def doubted_where_renewed(machine: Machine, instance: Instance, origins: Origins, tapes: tuple[int, int]) -> Origins:
    """Doubt what the first call kept where a method throws it away that others call before the next one.

    Or where the next one may have renewed it, so that the caller says which of the two it does.
    """
    kept = [origin for origin in origins if tapes[0] in origin.tapes and origin.kept and origin.cut is None]
    if not kept:
        return origins
    names = set(renewed_by_others(instance.type, machine.executed, machine.finder))
    for name, value in instance.attributes.items():
        held = origins_inside(value)
        if all(any(tape in origin.tapes for origin in held) for tape in tapes):
            names.add(name)
    renewed = frozenset(origin for origin in kept if is_kept_in(origin, names))
    return (origins - renewed) | doubted(renewed)
