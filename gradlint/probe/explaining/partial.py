"""Where a gradient that is there, but is not the slope of the loss, may have lost its other part."""

from __future__ import annotations

from dataclasses import replace

from gradlint.probe import report
from gradlint.probe.explaining import causes
from gradlint.probe.explaining.causes import Evidence, Suspect
from gradlint.probe.report import Slopes
from gradlint.run import End, Kind, Phase, Role, Stop, Way

LIKELIEST_FIRST = (
    Kind.ASSIGN,
    Kind.LEAVES_TENSORFLOW,
    Kind.STOP_GRADIENT,
    Kind.PAUSED_TAPE,
    Kind.BIJECTOR_CACHE,
    Kind.NO_GRADIENT,
)
"""Of several cuts one is told. Last come comparisons and samples, which healthy models have as well."""


def way(suspect: Suspect, evidence: Evidence, slopes: Slopes) -> Way:
    """The way to the likeliest place; it has none but the line that creates the weight where nothing was seen."""
    lost = replace(suspect, gradient=report.NONE)
    ways = causes.lost_ways(lost, evidence, evidence.forward) if evidence.forward is not None else []
    ended = [(each, place) for each in ways if (place := _place(each)) is not None]
    words = f"along a random direction the tape says {slopes.tape:.4g}, where the loss changes by {slopes.loss:.4g}"
    if not ended:
        created = causes.creation(suspect, evidence)
        if not created:
            return Way((), End.UNKNOWN)
        return Way((Stop(Role.CUT, "", created[0].span, Kind.INCOMPLETE, suspect.name, name=words),), End.CUT)
    chosen, place = min(ended, key=lambda pair: _likelihood(pair[1]))
    stops = tuple(
        replace(stop, role=Role.CUT, kind=Kind.INCOMPLETE, name=words) if stop is place else stop
        for stop in chosen.stops
        if stop is place or stop.role is not Role.CUT
    )
    return Way(stops, End.CUT, Phase.FORWARD)


def _place(way: Way) -> Stop | None:
    """Where a way ended: at its cut, or where the weight was frozen."""
    if way.end not in (End.CUT, End.FROZEN):
        return None
    wanted = Role.CUT if way.end is End.CUT else Role.READ
    return next((stop for stop in way.stops if stop.role is wanted), None)


def _likelihood(place: Stop) -> int:
    if place.role is Role.READ:
        return 0  # frozen: that is no part of a healthy model
    return LIKELIEST_FIRST.index(place.kind) if place.kind in LIKELIEST_FIRST else len(LIKELIEST_FIRST)
