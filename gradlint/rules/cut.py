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

    What to write instead may depend on the operation. Where the source alone shows that something else cuts a weight as
    well, a gradient that is stopped is taken for meant: to mend the other way may be enough.
    """
    said = set()
    for journey in run.journeys:
        if not journey.weight.trainable or journey.has(End.REACHES) or journey.has(End.UNKNOWN):
            continue
        for way in journey.ways:
            place = way.first(Role.CUT)
            if way.end is not End.CUT or place is None or place.kind not in kinds:
                continue
            meant = place.kind is Kind.STOP_GRADIENT and not run.measured and _cut_otherwise(journey)
            if meant or (place.span, journey.weight) in said:
                continue
            said.add((place.span, journey.weight))
            message = f"`{journey.weight.label}` gets no gradient: {quoted(place.text)} {cut_by(place)}"
            advice = remedy if isinstance(remedy, str) else remedy(place)
            yield finding_at(rule, run.dialect, journey, way, place, message, advice)


def _cut_otherwise(journey: Journey) -> bool:
    """Whether some way of a weight is lost by anything but a gradient that is stopped."""
    lost = (way for way in journey.ways if way.end in (End.CUT, End.FROZEN))
    return any(Kind.STOP_GRADIENT not in way.kinds(Role.CUT) for way in lost)
