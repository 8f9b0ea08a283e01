"""GRD2xx share this: a way that the forward pass itself cuts, for which no other way makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradlint.diagnostics import Diagnostic
from gradlint.rules.finding import finding_at
from gradlint.rules.rule import Rule
from gradlint.rules.words import cut_by, quoted
from gradlint.run import End, Journey, Kind, Role, Run, Stop


def cut_ways(run: Run, rule: Rule, kinds: frozenset[Kind], remedy: Callable[[Stop], str] | str) -> Iterator[Diagnostic]:
    """A finding for each weight and each operation of the given kinds that cuts its only ways.

    What to write instead may depend on the operation. Where the source alone shows that a weight is carried through a
    variable as well, a gradient that is stopped is taken for meant: to mend that is enough.
    """
    said = set()
    for journey in run.journeys:
        if not journey.weight.trainable or journey.has(End.REACHES) or journey.has(End.UNKNOWN):
            continue
        for way in journey.ways:
            place = way.first(Role.CUT)
            if way.end is not End.CUT or place is None or place.kind not in kinds:
                continue
            meant = place.kind is Kind.STOP_GRADIENT and not run.measured and _is_carried(journey)
            if meant or (place.span, journey.weight) in said:
                continue
            said.add((place.span, journey.weight))
            message = f"`{journey.weight.label}` gets no gradient: {quoted(place.text)} {cut_by(place)}"
            advice = remedy if isinstance(remedy, str) else remedy(place)
            yield finding_at(rule, run.dialect, journey, way, place, message, advice)


def _is_carried(journey: Journey) -> bool:
    """Whether some way of a weight is lost where its value is assigned to a variable."""
    return any(way.end is End.CUT and Kind.ASSIGN in way.kinds(Role.CUT) for way in journey.ways)
