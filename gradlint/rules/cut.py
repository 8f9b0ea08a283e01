"""GRD2xx share this: a way that the forward pass itself cuts, for which no other way makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradlint.diagnostics import Diagnostic
from gradlint.rules.finding import finding_at
from gradlint.rules.rule import Rule
from gradlint.rules.words import cut_by, quoted
from gradlint.run import End, Kind, Role, Run, Stop


def cut_ways(run: Run, rule: Rule, kinds: frozenset[Kind], remedy: Callable[[Stop], str] | str) -> Iterator[Diagnostic]:
    """A finding for each operation of the given kinds that cuts the only ways of some weight.

    One operation that cuts several weights is one finding: its message names the first of them. What to write
    instead may depend on the operation.
    """
    said = set()
    for journey in run.journeys:
        if not journey.weight.trainable or journey.has(End.REACHES) or journey.has(End.UNKNOWN):
            continue
        for way in journey.ways:
            place = way.first(Role.CUT)
            if way.end is not End.CUT or place is None or place.kind not in kinds or place.span in said:
                continue
            said.add(place.span)
            message = f"`{journey.weight.label}` gets no gradient: {quoted(place.text)} {cut_by(place)}"
            advice = remedy if isinstance(remedy, str) else remedy(place)
            yield finding_at(rule, run.dialect, journey, way, place, message, advice)
