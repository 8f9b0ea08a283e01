"""Explains what the tape said: a journey for each variable, for the rules to judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.probe import report
from gradlint.probe.asking import model as models
from gradlint.probe.asking.measure import remaking
from gradlint.probe.asking.subject import Subject
from gradlint.probe.explaining import causes, partial, trace
from gradlint.probe.explaining.causes import Evidence, Suspect
from gradlint.probe.explaining.trials import Trials
from gradlint.probe.explaining.turns import Turns
from gradlint.probe.recording import hooks, private
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.walk import Found
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport
from gradlint.rules import check
from gradlint.run import Dialect, Journey, Listing, Run

ASKING = frozenset({report.NONE, report.ZERO, report.NONFINITE})
"""The answers that want an explanation."""


def explain(
    subject: Subject,
    listed: Sequence[tuple[models.Listed, ProbedVariable]],
    strays: Sequence[tuple[models.Listed, ProbedVariable]],
    found: dict[int, Found],
    twins: Callable[[], dict[str, Diagnostic]],
) -> ProbeReport:
    """The report on all variables, with a diagnostic for each that wants one.

    `twins` makes a model like this one, whose setup can be watched, and gives its findings by path.
    """
    asked = any(variable.gradient in ASKING or variable.is_partial for _, variable in (*listed, *strays))
    wanted = asked or any(id(tensor) in found for tensor in subject.setup.alive())
    forward = subject.forward(found) if subject.failure is None and wanted else None
    evidence = Evidence(subject.setup, forward, found, Turns(forward) if forward is not None else None)
    trials = Trials(subject, [each.variable for each, variable in listed if variable.gradient == report.NONE], forward)
    journeys: list[Journey] = []
    said: list[Diagnostic] = []
    remade = remaking(subject)
    told_of: dict[int, Diagnostic | None] = {}

    def explained(each: models.Listed, variable: ProbedVariable, listing: Listing) -> ProbedVariable:
        if not each.trainable:
            return variable
        handle = key_of(hooks.handle_of(each.variable))
        if handle in told_of:  # Keras 2 lists what `assign` returned as a variable of its own
            return replace(variable, diagnostic=told_of[handle])
        suspect = _suspect(subject, each, variable, listing, found)
        again = remade(each.variable)
        if again is not None or subject.setup.overwriting(each.variable) is not None:
            suspect = replace(suspect, listing=Listing.UNKNOWN)  # that explains why nothing lists it
        journey = _journey(subject, suspect, evidence, trials)
        if again is not None:
            journey = causes.recreated(journey.weight, again, subject.setup)
        if not journey.ways and listing is Listing.LISTED and variable.gradient == report.NONE:
            journey = _second_look(trials, [one for one, _ in listed].index(each), variable, journey)
        if variable.slopes is not None and variable.slopes.differ:
            journey = replace(journey, ways=(*journey.ways, partial.way(suspect, evidence, variable.slopes)))
        diagnostics = list(check(Run((journey,), dialect=subject.dialect, measured=True)))
        lost = not diagnostics and variable.gradient == report.NONE
        if lost and (twin := twins().get(variable.path)) is not None:
            if not variable.accepted:
                said.append(twin)
            return replace(variable, diagnostic=twin)
        if not variable.accepted:
            journeys.append(journey)
        wrong = variable.gradient in (report.NONE, report.NONFINITE) or variable.is_partial
        if not diagnostics and (wrong or listing is Listing.UNLISTED) and subject.failure is None:
            subject.notes.append(NotChecked(variable.path, _looked_at(subject, journey, listing)))
        told_of[handle] = _nearest(journey, diagnostics, subject.dialect)
        return replace(variable, diagnostic=told_of[handle])

    if asked and (missing := private.all_lacking()):
        names = ", ".join(name.rpartition(":")[2] for name in missing)
        subject.notes.append(NotChecked("model", f"this TensorFlow has no {names}, without which less can be observed"))
    told = tuple(explained(*pair, Listing.LISTED) for pair in listed)
    loose = tuple(explained(*pair, Listing.UNLISTED) for pair in strays)
    said.extend(check(Run(tuple(journeys), dialect=subject.dialect, measured=True)))
    diagnostics = sorted(dict.fromkeys(said), key=lambda each: each.sort_key)
    words = report.OF_OUTPUTS if subject.settings.loss is None else subject.settings.words
    return ProbeReport(subject.dialect, told, loose, tuple(diagnostics), tuple(subject.notes), words)


def _nearest(journey: Journey, diagnostics: Sequence[Diagnostic], dialect: Dialect) -> Diagnostic | None:
    """The finding of the way whose end is the nearest to the weight."""
    for way in journey.ways:
        for found in check(Run((replace(journey, ways=(way,)),), dialect=dialect, measured=True)):
            if found in diagnostics:
                return found
    return diagnostics[0] if diagnostics else None


def _suspect(
    subject: Subject, each: models.Listed, variable: ProbedVariable, listing: Listing, found: dict[int, Found]
) -> Suspect:
    place = found.get(id(each.variable))
    holder = f"`{type(subject.model).__name__}`"
    shown = each.shown
    if place is not None and getattr(place.holder, "_value", None) is each.variable:
        shown = place.holder
    return Suspect(
        variable.path,
        variable.name.split(":")[0],
        each.variable,
        listing,
        holder if listing is Listing.UNLISTED else "",
        variable.gradient,
        shown,
    )


def _journey(subject: Subject, suspect: Suspect, evidence: Evidence, trials: Trials) -> Journey:
    overwritten = causes.overwritten_way(suspect, evidence)
    if overwritten is not None:
        return replace(causes.journey(suspect, replace(evidence, forward=None)), ways=(overwritten,))
    if subject.failure is not None:
        ways = causes.symbol_ways(suspect, evidence, trace.moment_of(subject.failure))
        return replace(causes.journey(suspect, replace(evidence, forward=None)), ways=ways)
    journey = causes.journey(suspect, evidence)
    reaches = evidence.forward is not None and evidence.forward.reaches(suspect.variable)
    if subject.replicas is not None and reaches and not suspect.has_gradient:
        replicas = causes.replicas_way(suspect, evidence, subject.replicas)
        return replace(journey, ways=(*journey.ways, *((replicas,) if replicas else ())))
    if suspect.gradient in (report.ZERO, report.NONFINITE):
        turned = causes.turned_ways(suspect, evidence)
        by_chance = any(map(causes.is_cancelled, turned)) and not trials.stays_zero(suspect.variable)
        told = (way for way in turned if not (by_chance and causes.is_cancelled(way)))
        journey = replace(journey, ways=(*journey.ways, *told))
        if reaches or journey.ways or suspect.gradient != report.ZERO:
            return journey
        not_run = causes.not_run_ways(suspect, evidence)
        if not_run:
            return replace(journey, ways=not_run)
        # A loop or a branch that is a graph has zeros for what only decides how it goes on.
        leaving = causes.leaving_ways(suspect, evidence)
        return replace(journey, ways=leaving if leaving and trials.left_matters(suspect.handle) else ())
    asking = subject.settings.unwatched().get(id(suspect.variable)) if subject.settings.unwatched is not None else None
    if asking is not None and not suspect.has_gradient:
        return replace(journey, ways=(*causes.unwatched_ways(suspect, evidence, asking), *journey.ways))
    if journey.ways or suspect.has_gradient or evidence.forward is None:
        return journey
    if subject.dialect is Dialect.KERAS_3 and reaches:
        stale = causes.stale_ways(suspect, evidence, evidence.forward)
        if stale:
            return replace(journey, ways=stale)
    leaving = causes.leaving_ways(suspect, evidence)
    if leaving and trials.left_matters(suspect.handle):
        return replace(journey, ways=leaving)
    if suspect.listing is Listing.UNLISTED:
        return journey  # that nobody lists it is finding enough, whether the loss uses it or not
    blind = private.lacking("operations") and id(suspect.variable) in subject.watched
    if not blind and not trials.moves(suspect.variable):
        return replace(journey, ways=(causes.unused_way(suspect, evidence),))
    failure = trace.failure(subject.loss)
    way = causes.traced_way(suspect, evidence, failure) if failure else None
    return replace(journey, ways=(way,)) if way is not None else journey


def _second_look(trials: Trials, index: int, variable: ProbedVariable, journey: Journey) -> Journey:
    """What a second model of the same factory shows, whose second call is the recorded one.

    A model that hands a tensor on from call to call lost the trace of it in the call that was measured.
    """
    second = trials.second
    if second is None or index >= len(second.listed):
        return journey
    suspect = _suspect(second.subject, second.listed[index], variable, Listing.LISTED, second.found)
    evidence = Evidence(second.subject.setup, second.forward, second.found)
    return replace(causes.journey(suspect, evidence), weight=journey.weight)


def _looked_at(subject: Subject, journey: Journey, listing: Listing) -> str:
    if journey.weight.created is None and (subject.factory is None or listing is Listing.UNLISTED):
        return (
            "the line that creates it was not seen, because the model was made before the probe: "
            "give the function that makes it instead of the model"
        )
    return (
        "the setup and one call were recorded operation by operation, and neither shows where its value leaves the "
        "way to the loss"
    )
