"""One block for the weights that one cause takes the gradient from: the same place, the same words, other weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.run import Role

SAID = " gets no gradient"
MOST_NAMED = 4


def grouped(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings in their order, those of one cause as the first of them, which names all their weights."""
    groups: dict[object, list[Diagnostic]] = {}
    for number, diagnostic in enumerate(diagnostics):
        own = diagnostic.message.startswith(f"`{diagnostic.weight}`{SAID}")
        groups.setdefault(_cause(diagnostic) if own else number, []).append(diagnostic)
    return [_as_one(group) for group in groups.values()]


def _cause(diagnostic: Diagnostic) -> object:
    """All that a reader sees of a finding but its weight."""
    journey = tuple(stop for stop in diagnostic.stops if stop.role is not Role.CREATED)
    without = replace(diagnostic, weight=None, fingerprint="", fix=None, stops=journey, message="")
    return without, diagnostic.message.partition(SAID)[2]


def _as_one(group: Sequence[Diagnostic]) -> Diagnostic:
    first = group[0]
    if len(group) == 1:
        return first
    weights = [f"`{label}`" for label in dict.fromkeys(one.weight for one in group)]
    if len(weights) == 1:
        return first
    if len(weights) > MOST_NAMED:
        weights[MOST_NAMED - 1 :] = [f"{len(weights) - MOST_NAMED + 1} more"]
    said = f"{', '.join(weights[:-1])} and {weights[-1]} get no gradient"
    stops = tuple(dict.fromkeys(stop for one in group for stop in one.stops))
    return replace(first, message=said + first.message.partition(SAID)[2], stops=stops)
