"""Running one entry of a module, a script, a function or an object, within its share of the budget."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from gradlint.run import Journey, Phase
from gradlint.static.machine import Machine, MissingError, OutOfBudgetError
from gradlint.static.values import NO_ORIGINS, Origins, doubted


@dataclass
class Interpretation:
    """What running one module in one dialect found; in the other the same, unless it `depends_on_dialect`."""

    journeys: list[Journey] = field(default_factory=list)
    weights: int = 0
    not_checked: list[tuple[ast.AST, str]] = field(default_factory=list)
    depends_on_dialect: bool = False


ENTRY_SHARE = 30_000


def run_entry(
    machine: Machine,
    node: ast.AST,
    found: Interpretation,
    action: Callable[[], object],
    share: int = ENTRY_SHARE,
) -> None:
    """Run one entry from the present state, and leave that state as it was; what goes too far is not checked."""
    mark = len(machine.journal)
    try:
        with machine.sharing(share), machine.during(machine.phase, machine.tapes):
            guarded(action)
    except OutOfBudgetError as error:
        if machine.budget <= machine.share:
            raise
        found.not_checked.append((node, str(error)))
    machine.undo(mark)


def second_of_two(machine: Machine, compute: Callable[[], Origins]) -> tuple[Origins, int]:
    """What the second of two runs comes to, and its tape; of the ways that do not begin in it nothing is known."""
    for tape in (machine.new_tape(), machine.new_tape()):
        origins = NO_ORIGINS
        with machine.during(Phase.FORWARD, frozenset({tape})), suppress(MissingError):
            origins = compute()
    elsewhere = frozenset(origin for origin in origins if tape not in origin.tapes)
    return (origins - elsewhere) | doubted(elsewhere), tape


def guarded(action: Callable[[], object]) -> None:
    """Run what may end with something that provably is not there."""
    try:
        action()
    except MissingError:
        return
