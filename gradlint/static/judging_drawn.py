"""Judging functional and sequential models: what their weights' ways to the outputs come to, once all are drawn."""

from __future__ import annotations

from dataclasses import replace

from gradlint.run import Kind, Phase
from gradlint.static import attributes
from gradlint.static.drawn import outputs_of
from gradlint.static.entries import Interpretation
from gradlint.static.journeys import journeys_of_object
from gradlint.static.listing import Lists
from gradlint.static.local import stays_local
from gradlint.static.machine import DRAWN, Machine
from gradlint.static.values import NO_ORIGINS, LibraryObject, Origin, Origins, Place, doubted


def judge_models(machine: Machine, place: Place, found: Interpretation) -> None:
    """Tell the journeys of the weights of functional and sequential models that a script or function has drawn.

    A weight that any of its models trains is trained; what is asked of a tape is judged there.
    """
    models = [model for model in machine.models if id(model) in machine.fitted or id(model) not in machine.restored]
    models = [model for model in models if not _is_only_part(model)] or models
    reached: Origins = NO_ORIGINS
    for model in models:
        trained = machine.trained.get(id(model))
        reached |= outputs_of(machine, model, place) if trained is None else trained
    listed = {reference.variable: None for model in models for reference in attributes.weights_of(model)}
    borrowed = {
        origin.variable: None
        for origin in reached
        if DRAWN in origin.tapes and not origin.variable.registered and not origin.variable.label.startswith("self.")
    }
    made = [variable for variable in {**listed, **borrowed} if variable.trainable and not variable.requested]
    reached = _doubted_beside_twin(frozenset(_proved_by_drawing(origin) for origin in reached))
    found.journeys.extend(
        journeys_of_object(
            "model", made, reached, frozenset({DRAWN}), frozenset(), Lists(frozenset(listed), frozenset()), False
        )
    )


def _doubted_beside_twin(reached: Origins) -> Origins:
    """Doubt the cut ways of a weight that one line makes for several models, where it reaches the outputs of another.

    A model that decodes is drawn beside the one that is trained, and takes its weights from that.
    """
    alive = {origin.variable: None for origin in reached if origin.cut is None and not origin.unknown}
    lines = {variable.created.node for variable in alive}
    doubtful = frozenset(
        origin
        for origin in reached
        if origin.cut is not None and origin.variable not in alive and origin.variable.created.node in lines
    )
    return (reached - doubtful) | doubted(doubtful)


def _is_only_part(model: LibraryObject) -> bool:
    """Whether a model does nothing but draw another one, in the function that makes it."""
    return stays_local(model.made.module.tree, model.made.node, ("input", "inputs", "output", "outputs"))


def _proved_by_drawing(origin: Origin) -> Origin:
    """A way that no drawing reads may begin with an input that we did not recognize as one.

    One that ends in another variable may be a model's start from what another one has learned.
    """
    if origin.alone and not origin.tapes and origin.phase is Phase.SCRIPT:
        origin = replace(origin, kind=Kind.DRAWN)
    drawn = DRAWN in origin.tapes or origin.phase in (Phase.SETUP, Phase.FIRST_CALL) or origin.kind is Kind.DRAWN
    return origin if drawn and not origin.copied else replace(origin, unknown=True)
