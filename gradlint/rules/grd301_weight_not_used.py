"""# weight-not-used (GRD301)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Confidence, Diagnostic, Remedy, Severity
from gradlint.rules.rule import Rule
from gradlint.run import End, Run

RULE = Rule(
    code="GRD301",
    name="weight-not-used",
    summary="A weight that the loss does not use",
    severity=Severity.WARNING,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Weights whose every way is unused. What the static half concluded is a note, what a probe measured a warning."""
    for journey in run.journeys:
        weight = journey.weight
        if not weight.trainable or weight.created is None:
            continue
        if journey.ways and all(way.end is End.UNUSED for way in journey.ways):
            stops = journey.ways[0].stops
            yield Diagnostic(
                code=RULE.code,
                name=RULE.name,
                severity=RULE.severity if run.measured else Severity.NOTE,
                confidence=Confidence.FLOW,
                message=f"`{weight.label}` gets no gradient: the result does not depend on it",
                span=weight.created,
                weight=weight.label,
                dialect=run.dialect,
                stops=stops,
                remedies=(Remedy(run.dialect, "use it in the forward pass, or create it with `trainable=False`"),),
                enclosing=stops[0].function if stops else "",
            )
