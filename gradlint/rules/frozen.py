"""GRD1xx share this: which code a frozen way belongs to, and how its finding is worded."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.diagnostics import Confidence, Diagnostic, Severity
from gradlint.rules.finding import finding_at
from gradlint.rules.rule import Rule
from gradlint.rules.words import CUT_BY, build_in_forward, build_later, given_live, quoted, where
from gradlint.run import CARRIERS, Dialect, End, Journey, Kind, Phase, Role, Run, Stop, Way

OUTSIDE = frozenset({Kind.OUTSIDE_TAPE, Kind.OTHER_TAPE})
"""What the tape that is asked did not record."""

LOST = frozenset({End.FROZEN, End.CUT})
"""The ends of ways that would have brought a gradient back."""


def code_of(way: Way) -> str:
    """The one code that a frozen way belongs to: the most specific."""
    kept = way.kinds(Role.KEPT)
    read = way.kinds(Role.READ)
    if Kind.OVERWRITTEN in kept:
        return "GRD306"
    if read & OUTSIDE:
        return "GRD401"
    if way.phase is Phase.FIRST_CALL:
        return "GRD106"
    if Kind.LOSS in kept:
        return "GRD107"
    if Kind.FREEZING_CONSTRUCTOR in read:
        return "GRD105"
    if Kind.WHOLE in read:
        return "GRD104"
    if way.phase is Phase.SCRIPT:
        return "GRD109"
    if kept & CARRIERS:
        return "GRD102"
    if Kind.DISTRIBUTION in kept:
        return "GRD101"
    return "GRD103"


def place_of(way: Way) -> Stop | None:
    """Where a frozen way's finding stands: where the weight is read into a plain value."""
    return way.first(Role.READ)


def starts_variable(way: Way) -> bool:
    """Whether a way ends in another variable as its initial value: often meant, where the weight has another way."""
    return Kind.VARIABLE in way.kinds(Role.KEPT)


def frozen_ways(run: Run, rule: Rule) -> Iterator[Diagnostic]:
    """A finding for each weight and place whose frozen way belongs to `rule`."""
    said = set()
    for journey in run.journeys:
        if journey.has(End.UNKNOWN) or not journey.weight.trainable:
            continue
        for way in journey.ways:
            place = place_of(way)
            if way.end is not End.FROZEN or place is None or code_of(way) != rule.code:
                continue
            if place.kind in OUTSIDE and journey.has(End.REACHES):
                continue
            if starts_variable(way) and any(other.end in LOST and not starts_variable(other) for other in journey.ways):
                continue
            key = (place.span, journey.weight.label)
            if key not in said:
                said.add(key)
                yield _finding(journey, way, place, rule, run)


def _finding(journey: Journey, way: Way, place: Stop, rule: Rule, run: Run) -> Diagnostic:
    alive = journey.has(End.REACHES)
    weight = f"`{journey.weight.label}`"
    event = _event(way, place)
    if alive:
        message = f"{quoted(place.text)} is a snapshot of {weight}: {event}, so no gradient comes back on this way"
    else:
        message = f"{weight} gets no gradient: {event}"
    remedy = _remedy(way, place, journey.weight.label, run.dialect)
    # Inputs of another shape than those that built the layer are traced anew, and find the weight.
    by_shape = place.kind is Kind.TRACED and not run.measured
    severity = Severity.NOTE if alive else Severity.WARNING if by_shape else None
    confidence = Confidence.FLOW if way.phase is Phase.FIRST_CALL else Confidence.CERTAIN
    return finding_at(rule, run.dialect, journey, way, place, message, remedy, severity, confidence)


def _event(way: Way, place: Stop) -> str:
    expression = quoted(place.text)
    if place.kind in OUTSIDE:
        return f"{expression} {CUT_BY[place.kind]}"
    if Kind.OVERWRITTEN in way.kinds(Role.KEPT):
        return f"{expression} overwrites the attribute that held the weight"
    if place.kind is Kind.TRACED:
        return f"{expression} keeps the trace in which Keras 3 built the layer, where the weight is a constant"
    if way.phase is Phase.FIRST_CALL:
        holder = next((stop.name for stop in way.stops if stop.role is Role.KEPT and stop.kind is Kind.ATTRIBUTE), None)
        kept = f" and kept in {quoted(holder)}" if holder else ""
        return f"{expression} is computed by the first call only{kept}"
    if place.kind is Kind.WHOLE:
        return f"{expression} copies this Keras 3 weight once, {where(place)}"
    if place.kind is Kind.FREEZING_CONSTRUCTOR:
        return f"{expression} computes from what it is given once, {where(place)}"
    if place.kind is Kind.DRAWN:
        return f"{expression} is computed once, while the model is drawn"
    if way.phase is Phase.SCRIPT:
        return f"{expression} is computed before the tape records"
    return f"{expression} is computed once, {where(place)}"


def _remedy(way: Way, place: Stop, weight: str, dialect: Dialect) -> str:
    if Kind.OVERWRITTEN in way.kinds(Role.KEPT):
        return "give the computed tensor a name of its own, and leave the weight's attribute alone"
    if place.kind is Kind.OTHER_TAPE:
        return f"compute {quoted(place.text)} inside the `with` block of the tape that is asked"
    if place.kind is Kind.DRAWN:
        return f"compute {quoted(place.text)} in the `call` of a layer that the model runs"
    if way.phase is Phase.SCRIPT:
        return f"compute {quoted(place.text)} inside the `with` block of the tape"
    if place.kind is Kind.TRACED:
        return "leave `tf.function` out (`fit` compiles the whole step), or build the layers in a `build` of your own"
    if way.phase is Phase.FIRST_CALL:
        return "compute it in each call: drop the cache, or make it a plain property"
    kinds = way.kinds(Role.KEPT)
    carrier = "it"
    for kind in (Kind.JOINT_DISTRIBUTION, Kind.DISTRIBUTION, *sorted(CARRIERS), Kind.ATTRIBUTE):
        if kind in kinds:
            carrier = "the value" if kind is Kind.ATTRIBUTE else f"the {kind.value}"
            break
    if place.kind is Kind.WHOLE:
        return f"{build_later(way, carrier)}, or pass `{weight}.value`, a `tf.Variable` that TFP keeps"
    keeps = kinds - {Kind.ATTRIBUTE, Kind.SPARSE_TENSOR, Kind.RAGGED_TENSOR, Kind.VARIABLE}
    if dialect is Dialect.KERAS_2 and keeps and place.kind is not Kind.FREEZING_CONSTRUCTOR:
        return given_live(place.text, weight) + build_in_forward(way, carrier)
    return build_in_forward(way, carrier)
