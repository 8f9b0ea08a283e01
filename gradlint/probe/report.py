"""What a probe found: plain frozen dataclasses, the text of a failed assertion, and the JSON of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.errors import nearest
from gradlint.probe.errors import GradientError
from gradlint.reports.full import finding
from gradlint.reports.json import diagnostic_object
from gradlint.reports.lines import lines_of_program
from gradlint.reports.palette import Palette
from gradlint.reports.summary import counted
from gradlint.run import Dialect

OK, NONE, ZERO, NONFINITE, NOT_TRAINED = "ok", "none", "zero", "nonfinite", "not_trained"

OF_OUTPUTS, GIVEN, OF_COMPILE, OF_TRAIN_STEP = "outputs", "given", "compile", "train_step"
OF_TRAINING_LOSS = "training_loss"
"""What was differentiated: fixed random numbers times each output, a loss that the user gave, what `fit` would, or
what a model that is not called trains."""
LOSSES = {
    OF_OUTPUTS: "the outputs",
    GIVEN: "the loss given",
    OF_COMPILE: "the loss of `compile`",
    OF_TRAIN_STEP: "the losses of its `train_step`",
    OF_TRAINING_LOSS: "its `training_loss`",
}

STATES = {NONE: "no gradient", NONFINITE: "a gradient that is not finite", ZERO: "a gradient of zero"}
MOST_NAMED = 4

DIFFERENT = 0.01
"""From where on two slopes count as different: five times what finite differences may be off by."""


@dataclass(frozen=True)
class Slopes:
    """How the loss changes along one fixed random direction of a weight: as the tape says, and as it does."""

    tape: float
    loss: float

    @property
    def differ(self) -> bool:
        """Whether the tape is wrong."""
        return abs(self.tape - self.loss) > DIFFERENT * max(abs(self.tape), abs(self.loss))


@dataclass(frozen=True)
class ProbedVariable:
    """A variable, and what the tape said of it on the second call.

    `gradient` is one of `ok`, `none`, `zero`, `nonfinite`, `not_trained`; `norm` is None where there is no gradient.
    """

    path: str
    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    gradient: str
    norm: float | None = None
    diagnostic: Diagnostic | None = None
    accepted: bool = False
    reason: str = ""
    """Why it was accepted, as the user said it, or why no gradient is wanted for what is not trained."""
    slopes: Slopes | None = None
    """Where finite differences were asked for, and settled on a slope."""
    alone: str = ""
    """What its layer gives it alone, in the words of `gradient`, where each layer was asked."""

    @property
    def is_partial(self) -> bool:
        """Whether its gradient is there, but is not the slope of the loss."""
        return self.slopes is not None and self.slopes.differ

    @property
    def broken(self) -> bool:
        """Whether its gradient is missing, wrong, or zero for a reason to mend, and nobody accepted that."""
        if self.accepted:
            return False
        if self.is_partial:
            return True
        dead = self.gradient == ZERO and self.diagnostic is not None and self.diagnostic.severity is not Severity.NOTE
        return dead or self.gradient in (NONE, NONFINITE)


@dataclass(frozen=True)
class ProbedLayer:
    """A layer that the forward pass calls, and whether the gradient of the loss comes back to its output."""

    path: str
    kind: str
    reached: bool


@dataclass(frozen=True)
class NotChecked:
    """Something that could not be looked into, and why: silence would read as a pass."""

    path: str
    reason: str


@dataclass(frozen=True)
class ProbeReport:
    """Everything that one probe found.

    `variables` are exactly those that the model lists; `untracked` those met on the way that it does not list.
    `diagnostics` holds the findings that were not accepted, by place.
    """

    keras: Dialect
    variables: tuple[ProbedVariable, ...]
    untracked: tuple[ProbedVariable, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    loss: str = OF_OUTPUTS
    """What was differentiated: `outputs`, `given`, `compile`, `train_step` or `training_loss`."""
    layers: tuple[ProbedLayer, ...] = ()
    """The layers in the order of their first call, where each was asked alone."""
    unmatched: tuple[str, ...] = ()
    """The globs of `accept` that match no weight: they accept nothing."""

    @property
    def findings(self) -> tuple[ProbedVariable, ...]:
        """The variables that do not train though they should: broken ones, and those that nobody lists."""
        return (
            *(each for each in self.variables if each.broken),
            *(each for each in self.untracked if each.trainable and not each.accepted),
        )

    @property
    def ok(self) -> bool:
        """Whether every weight is listed and gets a gradient, or was accepted without."""
        alarming = any(each.severity is not Severity.NOTE for each in self.diagnostics)
        return not self.findings and not alarming

    def raise_if_broken(self) -> None:
        """Raise a `GradientError` that names every weight at fault, its line and what to write instead.

        Raises:
            GradientError: some weight gets no gradient, or is not listed, and was not accepted.
        """
        __tracebackhide__ = True  # pytest shows the test's own line
        if not self.ok:
            raise GradientError(failure(self))


def failure(report: ProbeReport) -> str:
    """What does not train, and where that was lost: the first line names every weight, then comes the line of each."""
    reasons = {each.path: each.reason for each in report.not_checked}
    alarms = [each for each in report.diagnostics if each.severity is not Severity.NOTE]
    parts = [_headline(report, alarms)]
    told: set[tuple[object, ...]] = set()
    for group in _by_cause(report.findings):
        first = group[0]
        if first.diagnostic is None:
            parts.append(f"{_described(first)}\n  no line to show: {reasons.get(first.path, 'the cause is not known')}")
            continue
        others = [_described(each) for each in group[1:]]
        parts.append("\n".join([_drawn(first.diagnostic), *([f"  the same: {', '.join(others)}"] if others else [])]))
        told.update(_cause(each.diagnostic) for each in group if each.diagnostic is not None)
    parts += [_drawn(each) for each in alarms if _cause(each) not in told]
    if report.findings:
        parts.append(f"If that is meant: accept=[{_listed([repr(each.path) for each in report.findings])}]")
    return "\n\n".join([*parts, *accepts_nothing(report)])


def _headline(report: ProbeReport, alarms: Sequence[Diagnostic]) -> str:
    trained = counted(sum(each.trainable for each in (*report.variables, *report.untracked)), "weight")
    partial = [each.path for each in report.findings if _is_only_partial(each)]
    lost = [each.path for each in report.findings if not _is_only_partial(each)]
    if not report.findings:
        return f"{counted(len(alarms), 'finding')} about {trained}"
    told = [
        (lost, ("does not train", "do not train")),
        (partial, ("gets a part of its gradient only", "get a part of their gradients only")),
    ]
    words = [f"{len(names)} of {trained} {verbs[len(names) > 1]}: {_listed(names)}" for names, verbs in told if names]
    return "; ".join(words)


def _is_only_partial(variable: ProbedVariable) -> bool:
    return variable.is_partial and variable.gradient not in STATES


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])])


def _described(variable: ProbedVariable) -> str:
    return f"`{variable.path}` ({_state(variable)})"


def _state(variable: ProbedVariable) -> str:
    beyond = "a part of its gradient only" if variable.is_partial else "not listed by the model"
    return STATES.get(variable.gradient, beyond)


def _drawn(diagnostic: Diagnostic) -> str:
    return finding(diagnostic, lines_of_program, Palette()).rstrip("\n")


def _by_cause(findings: Iterable[ProbedVariable]) -> Iterator[list[ProbedVariable]]:
    """Weights that lost their gradient in the same way at the same place stand together."""
    groups: dict[tuple[object, ...], list[ProbedVariable]] = {}
    for each in findings:
        key = (each.path,) if each.diagnostic is None else _cause(each.diagnostic)
        groups.setdefault(key, []).append(each)
    yield from groups.values()


def _cause(diagnostic: Diagnostic) -> tuple[object, ...]:
    return (diagnostic.code, diagnostic.span)


def unexplained(report: ProbeReport) -> list[str]:
    """A line for each variable at fault for which there is no diagnostic."""
    return [f"{each.path}: {_state(each)}" for each in report.findings if each.diagnostic is None]


def accepts_nothing(report: ProbeReport) -> list[str]:
    """A line for each glob of `accept` that matches no weight."""
    known = [each.path for each in (*report.variables, *report.untracked)]
    return [f"accept {pattern!r} matches no weight{nearest(pattern, known)}" for pattern in report.unmatched]


def how_far(report: ProbeReport) -> str:
    """How far the gradient comes back, in a sentence; nothing where no layer was asked."""
    lost = [each for each in report.layers if not each.reached]
    back = [each for each in report.layers if each.reached]
    if not report.layers:
        return ""
    if not lost:
        return f"the gradient comes back to the outputs of all {len(report.layers)} layers"
    names = ", ".join(f"{each.path} ({each.kind})" for each in reversed(lost))
    if not back:
        return f"the gradient comes back to no layer: not to {names}"
    return f"the gradient comes back as far as {back[0].path} ({back[0].kind}), but not to {names}"


def as_json(report: ProbeReport) -> dict[str, Any]:
    """The report in the shape that `gradlint probe --output-format json` promises."""
    return {
        "version": 1,
        "keras": report.keras.value,
        "variables": [_variable(each) for each in report.variables],
        "untracked": [_variable(each) for each in report.untracked],
        "diagnostics": [diagnostic_object(each) for each in report.diagnostics],
        "not_checked": [{"path": each.path, "reason": each.reason} for each in report.not_checked],
        "loss": report.loss,
        "layers": [{"path": each.path, "kind": each.kind, "reached": each.reached} for each in report.layers],
        "unmatched": list(report.unmatched),
    }


def _variable(variable: ProbedVariable) -> dict[str, Any]:
    return {
        "path": variable.path,
        "name": variable.name,
        "shape": list(variable.shape),
        "dtype": variable.dtype,
        "trainable": variable.trainable,
        "gradient": variable.gradient,
        "norm": variable.norm,
        "accepted": variable.accepted,
        "diagnostic": diagnostic_object(variable.diagnostic) if variable.diagnostic is not None else None,
        "reason": variable.reason,
        "alone": variable.alone or None,
        "slopes": {"tape": variable.slopes.tape, "loss": variable.slopes.loss} if variable.slopes is not None else None,
    }
