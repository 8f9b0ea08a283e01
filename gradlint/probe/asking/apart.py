"""Asks every layer alone, with the inputs that it really gets: a cut high in the model hides none below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradlint.diagnostics import Diagnostic
from gradlint.probe import report
from gradlint.probe.asking import inputs
from gradlint.probe.asking import model as models
from gradlint.probe.asking.loss import default_loss
from gradlint.probe.asking.subject import Subject
from gradlint.probe.errors import ProbeError
from gradlint.probe.recording import hooks, keras_hooks
from gradlint.probe.recording.walk import walk
from gradlint.probe.report import NotChecked, ProbedLayer, ProbedVariable, ProbeReport

Ask = Callable[[Subject], ProbeReport]


@dataclass(frozen=True, eq=False)
class _Call:
    """The first call of a layer in one forward pass, with its tensors."""

    layer: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    outputs: list[Any]


def asked_apart(whole: ProbeReport, subject: Subject, ask: Ask) -> ProbeReport:
    """The same report with what each layer says alone, and how far the gradient comes back."""
    calls, reached = _forward(subject)
    found = walk(subject.model, subject.name)
    paths = {id(call.layer): found[id(call.layer)].path for call in calls if id(call.layer) in found}
    listed = subject.listed()
    there = {
        id(each.variable)
        for each, variable in zip(listed, whole.variables, strict=True)
        if variable.gradient in (report.OK, report.ZERO)
    }
    layers = tuple(
        ProbedLayer(paths[id(call.layer)], type(call.layer).__name__, back or bool(_weights(call) & there))
        for call, back in zip(calls, reached, strict=True)
        if id(call.layer) in paths and call.layer is not subject.model
    )
    alone: dict[int, ProbedVariable] = {}
    notes: list[NotChecked] = []
    for call, own in _with_own_weights(calls, listed):
        if id(call.layer) not in paths or call.layer is subject.model:
            continue
        part = _alone(subject, call, own, paths[id(call.layer)])
        try:
            answer = ask(part)
        except ProbeError as error:
            notes.append(NotChecked(part.name, f"asked alone: {error}"))
            continue
        pairs = zip(part.listed(), answer.variables, strict=True)
        alone.update((id(each.variable), variable) for each, variable in pairs if id(each.variable) in own)
    variables = tuple(
        replace(variable, alone=alone[id(each.variable)].gradient) if id(each.variable) in alone else variable
        for each, variable in zip(listed, whole.variables, strict=True)
    )
    more = _hidden(whole, [(each, alone.get(id(own.variable))) for own, each in zip(listed, variables, strict=True)])
    return replace(
        whole,
        variables=variables,
        diagnostics=tuple(sorted({*whole.diagnostics, *more}, key=lambda each: each.sort_key)),
        not_checked=(*whole.not_checked, *notes),
        layers=layers,
    )


def _forward(subject: Subject) -> tuple[list[_Call], list[bool]]:
    """The layers that one pass calls with tensors, and whether the gradient of the loss comes back to each."""
    tf = hooks.tensorflow()
    calls: dict[int, _Call] = {}

    def note(layer: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], result: Any) -> None:
        outputs = [each for each in tf.nest.flatten(result) if hooks.is_differentiable(each)]
        given = [each for each in tf.nest.flatten((arguments, keywords)) if isinstance(each, tf.Tensor)]
        if outputs and all(map(hooks.is_eager, given)) and id(layer) not in calls:
            calls[id(layer)] = _Call(layer, arguments, keywords, outputs)
            for each in outputs:
                tape.watch(each)

    tape = tf.GradientTape(persistent=True)
    with subject.recorded(tape), keras_hooks.layers_called(note):
        loss = subject.loss()

    def comes_back(call: _Call) -> bool:
        return any(each is not None for each in tape.gradient(loss, call.outputs))

    return list(calls.values()), [comes_back(call) for call in calls.values()]


def _with_own_weights(calls: Sequence[_Call], listed: Sequence[models.Listed]) -> list[tuple[_Call, frozenset[int]]]:
    """Each layer with the weights that it does not owe to a layer inside it that was called as well."""
    trained = {id(each.variable) for each in listed if each.trainable}
    held = [_weights(call) & trained for call in calls]
    found = []
    for call, weights in zip(calls, held, strict=True):
        inner = {key for other in held if other < weights for key in other}
        if weights - inner:
            found.append((call, frozenset(weights - inner)))
    return found


def _weights(call: _Call) -> frozenset[int]:
    return frozenset(id(each.variable) for each in models.listed(call.layer))


def _alone(subject: Subject, call: _Call, own: frozenset[int], path: str) -> Subject:
    fresh = inputs.maker((call.arguments, call.keywords))
    training = models.training_of(call.layer, subject.settings.training)

    def loss(layer: Any, given: Any) -> Any:
        arguments, keywords = given
        return default_loss(layer, layer(*arguments, **{**training, **keywords}))

    settings = replace(
        subject.settings,
        loss=loss,
        words=report.OF_OUTPUTS,
        under=None,
        answers=None,
        asked=lambda: own,
        numeric=False,
        per_layer=False,
    )
    return Subject(call.layer, fresh, settings, subject.setup, name=path)


def _hidden(whole: ProbeReport, pairs: Sequence[tuple[ProbedVariable, ProbedVariable | None]]) -> list[Diagnostic]:
    """The findings of layers alone that the whole model hides behind another."""
    known = {(each.code, each.span) for each in whole.diagnostics}
    return [
        alone.diagnostic
        for variable, alone in pairs
        if alone is not None
        and alone.diagnostic is not None
        and alone.gradient in (report.NONE, report.NONFINITE)
        and not variable.accepted
        and (alone.diagnostic.code, alone.diagnostic.span) not in known
    ]
