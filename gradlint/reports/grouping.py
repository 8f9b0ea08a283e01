"""One block for the weights that one cause takes the gradient from: the same place, the same words, other weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.run import Role

OF_SEVERAL = {
    " gets no gradient": " get no gradient",
    " gets a gradient that is not finite": " get gradients that are not finite",
    " gets a gradient of zeros": " get gradients of zeros",
}
"""How a message begins behind the name of a weight, and behind those of several."""
MOST_NAMED = 4


def grouped(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings in their order, those of one cause as the first of them, which names all their weights."""
    groups: dict[object, list[Diagnostic]] = {}
    for number, diagnostic in enumerate(diagnostics):
        said = _said(diagnostic)
        groups.setdefault(_cause(diagnostic, said) if said else number, []).append(diagnostic)
    return [_as_one(group) for group in groups.values()]


def _said(diagnostic: Diagnostic) -> str:
    """What a message says of its weight."""
    return next((said for said in OF_SEVERAL if diagnostic.message.startswith(f"`{diagnostic.weight}`{said}")), "")


def _cause(diagnostic: Diagnostic, said: str) -> object:
    """All that a reader sees of a finding but its weight."""
    journey = tuple(stop for stop in diagnostic.stops if stop.role is not Role.CREATED)
    without = replace(diagnostic, weight=None, fingerprint="", fix=None, stops=journey, message="")
    return without, said, diagnostic.message.partition(said)[2]


def _as_one(group: Sequence[Diagnostic]) -> Diagnostic:
    first = group[0]
    if len(group) == 1:
        return first
    weights = [f"`{label}`" for label in dict.fromkeys(one.weight for one in group)]
    if len(weights) == 1:
        return first
    if len(weights) > MOST_NAMED:
        weights[MOST_NAMED - 1 :] = [f"{len(weights) - MOST_NAMED + 1} more"]
    said = _said(first)
    names = f"{', '.join(weights[:-1])} and {weights[-1]}"
    why = re.sub(r"\bdepend on it$", "depend on them", first.message.partition(said)[2])
    stops = tuple(dict.fromkeys(stop for one in group for stop in one.stops))
    return replace(first, message=names + OF_SEVERAL[said] + why, stops=stops)
