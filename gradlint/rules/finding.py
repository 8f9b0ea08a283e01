"""How a rule's finding is put together: at a stop of a weight's way, or where the weight is created."""

from __future__ import annotations

from gradlint.diagnostics import Confidence, Diagnostic, Remedy, Severity
from gradlint.rules.rule import Rule
from gradlint.rules.words import relabelled
from gradlint.run import Dialect, Journey, Span, Stop, Way


def finding_at(
    rule: Rule,
    dialect: Dialect,
    journey: Journey,
    way: Way,
    place: Stop,
    message: str,
    remedy: str,
    severity: Severity | None = None,
    confidence: Confidence = Confidence.FLOW,
) -> Diagnostic:
    """The finding that stands at a stop of a way, as severe as its rule unless told."""
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=severity or rule.severity,
        confidence=confidence,
        message=message,
        span=place.span,
        weight=journey.weight.label,
        dialect=dialect,
        stops=tuple(relabelled(stop, way, place) for stop in way.stops),
        remedies=(Remedy(dialect, remedy),),
        enclosing=place.function,
    )


def finding_of_weight(
    rule: Rule,
    dialect: Dialect,
    journey: Journey,
    created: Span,
    message: str,
    remedy: str,
    severity: Severity | None = None,
) -> Diagnostic:
    """The finding that stands where the weight is created, as severe as its rule unless told."""
    stops = tuple(relabelled(stop, journey.ways[0]) for stop in journey.ways[0].stops) if journey.ways else ()
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=severity or rule.severity,
        confidence=Confidence.FLOW,
        message=message,
        span=created,
        weight=journey.weight.label,
        dialect=dialect,
        stops=stops,
        remedies=(Remedy(dialect, remedy),),
        enclosing=stops[0].function if stops else "",
    )
