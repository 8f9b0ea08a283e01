"""Probes a script as it runs: each gradient that it asks a tape for, its own loop's or that of `fit`."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import runpy
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

from gradlint.diagnostics import Diagnostic
from gradlint.probe import report
from gradlint.probe.accepting import Accepted, reason_for, unmatched
from gradlint.probe.asking import model as models
from gradlint.probe.errors import ProbeError, described
from gradlint.probe.explaining import causes
from gradlint.probe.explaining.asked import Asked, Told, answered
from gradlint.probe.recording import frames, hooks, tapes
from gradlint.probe.recording.frames import Mark, Moment
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.observing import observing
from gradlint.probe.recording.phases import CALLS, SETUPS
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.recording.transparent import functions_run_eagerly
from gradlint.probe.report import NotChecked, ProbedVariable, ProbeReport
from gradlint.rules import check
from gradlint.run import Dialect, Journey, Listing, Phase, Run, Weight

STEPS = 2
"""How often one line's gradients are looked at: the second time shows what the first one cached."""

_LOOKED_AT = (
    "what ran before the tape and under it was recorded operation by operation, and nothing of it shows where the "
    "value leaves the way to what was differentiated"
)
_MAY_BE_KEPT = (
    "Keras 3 made it while it ran a layer to build it, and only functions under `tf.function` read it, whose trace "
    "then keeps its first value; a script is run without traces: probe the model itself, `FILE.py:function`"
)
_RECORDER = "_gradlint_recorder"


def is_script(target: str) -> bool:
    """Whether a target is a file to run, not a function to call."""
    return target.endswith(".py") and ":" not in os.path.basename(target)


class Script:
    """Everything that was seen while a script ran."""

    def __init__(self) -> None:
        self.setup = Recorder(phase=Phase.SCRIPT)
        self.rows: dict[str, ProbedVariable] = {}
        self.journeys: list[Journey] = []
        self.requests = 0
        self._recording: list[Any] = []
        self._asking: list[Any] = []
        self._explaining = False
        self._kept_by_traces: dict[str, None] = {}
        self._told: dict[int, list[Told]] = {}
        self._entered: Counter[Moment] = Counter()
        self._asked: Counter[Moment] = Counter()
        self._made: dict[Mark, list[tuple[Any, Moment, FrameType]]] = {}

    @contextlib.contextmanager
    def observed(self) -> Iterator[None]:
        """Watch what runs."""
        with functions_run_eagerly(), observing(self, caches=True), tapes.tapes_used(self):
            yield

    def report(self, accept: Accepted, notes: tuple[NotChecked, ...]) -> ProbeReport:
        """What was found."""
        journeys = [*self.journeys, *self._remade()]
        keras = str(getattr(hooks.keras(), "__version__", ""))
        dialect = Dialect.KERAS_3 if keras.startswith("3") else Dialect.KERAS_2
        rows = [_judged(row, accept) for row in self.rows.values()]
        passed = {row.path for row in rows if row.accepted}
        told: list[Diagnostic] = []
        for journey in journeys:
            if journey.weight.label not in passed:
                told += check(Run((journey,), dialect=dialect, measured=True))
        diagnostics = tuple(sorted(dict.fromkeys(told), key=lambda each: each.sort_key))
        by_label = {each.weight: each for each in reversed(diagnostics)}
        variables = tuple(
            replace(row, diagnostic=None if row.gradient == report.OK else by_label.get(row.path)) for row in rows
        )
        unexplained = tuple(
            NotChecked(row.path, _LOOKED_AT)
            for row in variables
            if row.gradient == report.NONE and row.diagnostic is None and not row.accepted
        )
        doubted = tuple(NotChecked(path, _MAY_BE_KEPT) for path in self._kept_by_traces if path not in passed)
        idle = unmatched(accept, [name for row in rows for name in (row.path, row.name)])
        return ProbeReport(
            dialect, variables, diagnostics=diagnostics, not_checked=(*notes, *unexplained, *doubted), unmatched=idle
        )

    def _remade(self) -> Iterator[Journey]:
        """What the forward pass of one object made more than once at one line."""
        for made in self._made.values():
            name, marks, frame = made[-1]
            if any(other is not frame and _owner(other) is _owner(frame) for _, _, other in made):
                yield causes.recreated(Weight(name, name, None, Listing.UNKNOWN), marks, self.setup)

    # -- what tapes do ----------------------------------------------------------------------------------------

    def tape_entered(self, tape: Any) -> None:
        """Record the operations that it records, the first few times."""
        marks, _ = frames.moment()
        site = frames.user_frames(marks)
        if self._explaining or _is_internal(marks) or frames.is_nested():
            return
        self._entered[site] += 1
        if self._entered[site] <= STEPS:
            vars(tape).setdefault(_RECORDER, Recorder(phase=Phase.FORWARD, tape=tape, earlier=self.setup))
            self._recording.append(tape)
            self.setup.phase = Phase.FIRST_CALL

    def tape_left(self, tape: Any) -> None:
        """It records no more."""
        self._recording = [each for each in self._recording if each is not tape]
        if not self._recording:
            self.setup.phase = Phase.SCRIPT

    def tape_told(self, tape: Any, tensor: Any) -> None:
        """Note what the script itself told it to watch."""
        teller = sys._getframe(2).f_code.co_filename
        if not self._explaining and not frames.is_ours(teller):
            recorder = vars(tape).get(_RECORDER)
            so_far = len(recorder.events) if recorder is not None else 0
            flat = hooks.tensorflow().nest.flatten(tensor)
            if recorder is not None:
                recorder.watched.update((id(each), each) for each in flat)
            for each in filter(hooks.is_differentiable, flat):
                self.setup.saw_watched(each)
            marks = frames.moment()[0]
            self._told.setdefault(key_of(tape), []).extend(Told(_inner(each), so_far, marks) for each in flat)

    def tape_forgets(self, tape: Any) -> None:
        """Note after how many operations, and where."""
        recorder = vars(tape).get(_RECORDER)
        if recorder is not None:
            recorder.forgotten.append((len(recorder.events), frames.moment()[0]))

    def tape_asked(self, tape: Any, target: Any, sources: Any, ask: Callable[[Any], Any]) -> Any:
        """Let it answer, and explain what it has no answer for."""
        recorder = vars(tape).get(_RECORDER)
        if self._explaining or recorder is None or any(tape is each for each in self._asking):
            return ask(sources)
        marks, live = frames.moment()
        flat = hooks.tensorflow().nest.flatten(sources)
        failure: LookupError | None = None
        self._asking.append(tape)
        try:
            gradients = ask(sources)
            flat_gradients = hooks.tensorflow().nest.flatten(gradients)
        except LookupError as error:
            failure, gradients = error, None
            with hooks.gradients_looked_up(lambda operation: None):
                flat_gradients = hooks.tensorflow().nest.flatten(ask(sources))
        finally:
            self._asking.pop()
        self.setup.saw_answer(target, gradients)
        site = frames.user_frames(marks)
        self._asked[site] += 1
        if self._asked[site] <= STEPS:
            told = tuple(self._told.get(key_of(tape), ()))
            pairs = tuple(flat), tuple(flat_gradients)
            self._explain(Asked(tape, target, *pairs, marks, _names(live), told), recorder)
        if failure is not None:
            raise failure
        return gradients

    def _explain(self, asked: Asked, recorder: Recorder) -> None:
        self.requests += 1
        self._explaining = True
        try:
            rows = answered(asked, self.setup, recorder)
            for source, (row, journey) in zip(asked.sources, rows, strict=True):
                before = self.rows.get(row.path)
                if before is None or before.gradient == report.OK:
                    self.rows[row.path] = row
                if row.gradient == report.OK and self._may_be_kept(source, recorder):
                    self._kept_by_traces.setdefault(row.path)
                if journey is not None:
                    self.journeys.append(journey)
        finally:
            self._explaining = False

    def _may_be_kept(self, source: Any, recorder: Recorder) -> bool:
        """Whether a trace may keep the first value of a weight: it is made where Keras 3 runs a layer to build it."""
        variable = models.inner_variable(source)
        handle = key_of(hooks.handle_of(variable)) if variable is not None else 0
        if all(mark.code.co_name != "compute_output_spec" for mark in self.setup.created.get(handle, ())):
            return False
        reads = [event.moment for event in recorder.events if handle in event.reads]
        return bool(reads) and all(frames.traced_at(each) is not None for each in reads)

    # -- what the program does --------------------------------------------------------------------------------

    def saw_operation(
        self, operation: str, inputs: tuple[Any, ...], attributes: tuple[Any, ...], outputs: tuple[Any, ...], graph: Any
    ) -> None:
        """An operation ran: a forward pass has it if its tape records, the setup has it in any case.

        What a tape does to answer is no part of the program, unless another tape records it.
        """
        if self._explaining:
            return
        if not self._asking:
            self.setup.saw_operation(operation, inputs, attributes, outputs, graph)
        if not self._recording:
            return
        if not self._asking and self.setup.phase_of(frames.moment()[0]) is Phase.SETUP:
            return
        for recorder in self._forward():
            recorder.saw_operation(operation, inputs, attributes, outputs, graph)

    def saw_variable(self, variable: Any) -> None:
        """A `tf.Variable` was made; one that a forward pass makes is counted."""
        self.setup.saw_variable(variable)
        marks, live = frames.moment()
        call = _running_call(live)
        if call is not None:
            name = str(variable.name).split(":")[0]
            self._made.setdefault(frames.user_frames(marks)[0], []).append((name, marks, call))

    def saw_keras_variable(self, shown: Any) -> None:
        """A Keras 3 variable is being made."""
        self.setup.saw_keras_variable(shown)

    def saw_placeholder_read(self, shown: Any, value: Any) -> None:
        """A Keras 3 variable without a `tf.Variable` in it was read."""
        self.setup.saw_placeholder_read(shown, value)

    def saw_returned(self, variable: Any, result: Any) -> None:
        """`assign` returned something."""
        self.setup.saw_returned(variable, result)

    def saw_module(self, module: Any) -> None:
        """A `tf.Module` or layer was made."""
        self.setup.saw_module(module)

    def saw_leaving(self, source: Any, value: Any) -> Any:
        """A value left TensorFlow."""
        recorder = self._innermost()
        return value if recorder is None else recorder.saw_leaving(source, value)

    def saw_constant(self, value: Any, tensor: Any) -> None:
        """An array or a number became a constant."""
        recorder = self._innermost()
        if recorder is not None:
            recorder.saw_constant(value, tensor)

    def saw_loss(self, losses: Any) -> None:
        """`add_loss` was called."""
        self.setup.saw_loss(losses)

    def saw_attribute(self, owner: Any, name: str, before: Any, value: Any) -> None:
        """An attribute that held something was set."""
        self.setup.saw_attribute(owner, name, before, value)

    def saw_cached(self, output: Any) -> None:
        """A bijector answered from its cache."""
        for tape in self._recording:
            vars(tape)[_RECORDER].saw_cached(output)

    def _forward(self) -> list[Recorder]:
        """The recorders of the tapes that record, and do not answer."""
        recording = (tape for tape in self._recording if all(tape is not each for each in self._asking))
        return [vars(tape)[_RECORDER] for tape in recording]

    def _innermost(self) -> Recorder | None:
        """What records a value that leaves TensorFlow now, if anything does."""
        if self._explaining:
            return None
        recording = self._forward()
        return recording[-1] if recording else None if self._asking else self.setup


def prepare(path: str) -> None:
    """Import what the script is going to import of TensorFlow's family: what comes later is not watched so closely."""
    hooks.keras()
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if re.search(r"\btensorflow_probability\b", text):
        importlib.import_module("tensorflow_probability")


def run_script(path: str, script: Script, accept: Accepted) -> ProbeReport:
    """Run a file as Python runs it, and report on the gradients that it asked for.

    Raises:
        ProbeError: it ended by an exception before it asked for any, or asked for none at all.
    """
    notes: tuple[NotChecked, ...] = ()
    try:
        _run(path)
    except SystemExit as stop:
        if stop.code not in (None, 0):
            if not script.requests:
                raise ProbeError(f"{path} ended itself with {exit_of(stop)} before it asked for a gradient") from stop
            notes = (NotChecked(path, f"the script ended itself with {exit_of(stop)}: nothing after it was seen"),)
    except Exception as error:
        if not script.requests:
            raise ProbeError(f"{path} raised {described(error)} before it asked for a gradient") from error
        notes = (NotChecked(path, f"the script ended with {described(error)}: nothing after it was seen"),)
    found = script.report(accept, notes)
    if not script.requests and not found.diagnostics:
        raise ProbeError(
            f"{path} asked no `tf.GradientTape` for a gradient, and fitted no model: there is nothing to explain. "
            "A function in it that makes a model is probed as file.py:function"
        )
    return found


def exit_of(stop: SystemExit) -> str:
    """How a program ended itself, as it would write it."""
    return f"`sys.exit({'' if stop.code is None else repr(stop.code)})`"


@frames.border
def _run(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


def _judged(row: ProbedVariable, accept: Accepted) -> ProbedVariable:
    reason = reason_for((row.path, row.name), accept)
    return row if reason is None else replace(row, accepted=True, reason=reason)


def _inner(value: Any) -> Any:
    variable = models.inner_variable(value)
    return value if variable is None else variable


def _is_internal(marks: Moment) -> bool:
    """Whether TensorFlow uses a tape for itself, as a function with a gradient of its own does."""
    return bool(marks) and marks[0].code.co_filename.endswith(("custom_gradient.py", "backprop.py"))


def _names(live: tuple[FrameType, ...]) -> dict[str, Any]:
    """What the user's innermost function can name: its own names first, then its module's."""
    frame = next((each for each in live if frames.origin_of(each.f_code.co_filename) == "user"), None)
    if frame is None:
        return {}
    names = {**frame.f_globals, **frame.f_locals}
    hidden = (types.ModuleType, types.FunctionType, type)
    return {name: value for name, value in names.items() if not name.startswith("_") and not isinstance(value, hidden)}


def _running_call(live: tuple[FrameType, ...]) -> FrameType | None:
    """The `call` or `__call__`, written by the user, that is running."""
    for frame in live:
        name = frame.f_code.co_name
        if frames.origin_of(frame.f_code.co_filename) == "user" and name in CALLS | SETUPS:
            return frame if name in CALLS else None
    return None


def _owner(frame: FrameType) -> Any:
    return frame.f_locals.get("self")
