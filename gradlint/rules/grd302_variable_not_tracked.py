"""# variable-not-tracked (GRD302)"""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Confidence, Diagnostic, Remedy, Severity
from gradlint.rules.rule import Rule
from gradlint.run import Dialect, Listing, Run

RULE = Rule(
    code="GRD302",
    name="variable-not-tracked",
    summary="A variable that the optimizer does not see",
    severity=Severity.ERROR,
)


def check(run: Run) -> Iterator[Diagnostic]:
    """Weights that a forward pass reads and their owner does not list."""
    said = set()
    for journey in run.journeys:
        weight = journey.weight
        if not weight.trainable or weight.created is None or weight.listing is not Listing.UNLISTED:
            continue
        if (weight.created, weight.label) in said:
            continue
        said.add((weight.created, weight.label))
        holder = weight.holder or "its owner"
        if run.dialect is Dialect.KERAS_3:
            remedy = "create it with `self.add_weight(…)`"
        else:
            remedy = "make the variable, or a `tf.Module` that holds it, an attribute of the layer or model"
        yield Diagnostic(
            code=RULE.code,
            name=RULE.name,
            severity=RULE.severity,
            confidence=Confidence.FLOW,
            message=f"`{weight.label}` never trains: {holder} does not list it in `trainable_variables`",
            span=weight.created,
            weight=weight.label,
            dialect=run.dialect,
            stops=journey.ways[0].stops if journey.ways else (),
            remedies=(Remedy(run.dialect, remedy),),
            enclosing=journey.ways[0].stops[0].function if journey.ways and journey.ways[0].stops else "",
        )
