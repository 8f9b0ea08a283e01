"""Rules whose finding stands at the stop that ended a way, whatever the other ways do, share this."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.finding import finding_at
from gradlint.rules.rule import Rule
from gradlint.run import End, Journey, Kind, Role, Run, Stop


def ended_by(
    run: Run,
    rule: Rule,
    kind: Kind,
    message: Callable[[Journey, Stop], str],
    remedy: str,
    severity: Severity | None = None,
) -> Iterator[Diagnostic]:
    """A finding for each place where a stop of the given kind ended a way, as severe as its rule unless told."""
    said = set()
    for journey in run.journeys:
        for way in journey.ways:
            place = next((stop for stop in way.stops if stop.role is Role.CUT and stop.kind is kind), None)
            if way.end is not End.CUT or place is None or (place.span, journey.weight.label) in said:
                continue
            said.add((place.span, journey.weight.label))
            yield finding_at(rule, run.dialect, journey, way, place, message(journey, place), remedy, severity)
