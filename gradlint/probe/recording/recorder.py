"""Records a stretch of the running program: which weights each tensor was computed from, and at which lines.

One recorder serves the setup and the first call, holding tensors weakly (what it kept alive would answer from a
bijector's cache later). Another serves a single forward pass under the tape and keeps every tensor of that pass.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

from gradlint.probe.recording import hooks, phases
from gradlint.probe.recording.frames import Moment, is_ours, moment, origin_of, user_frames, user_marks
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.observing import observing
from gradlint.probe.recording.records import (
    GIVEN_BY_TAPE,
    LEFT,
    WITHOUT_DATA,
    Event,
    Leaving,
    Origin,
    Overwriting,
    Read,
    assigns,
    is_told,
    stands_for,
)
from gradlint.run import Phase


@dataclass
class Recorder:
    """What happened while it was on. `tape` makes it keep the events of a forward pass and watch their results."""

    phase: Phase = Phase.SETUP
    tape: Any = None
    earlier: Recorder | None = None
    is_outside: Callable[[], bool] | None = None
    """Whether the program runs outside of the block of its own tape that is asked, where it has one."""
    disturbed: int | None = None
    """Of this variable (the how manieth that was created), what leaves TensorFlow is changed on the way."""
    disturbance: float = 0.01
    """By what part of itself, and by how much."""
    created: dict[int, Moment] = field(default_factory=dict)
    creations: set[Moment] = field(default_factory=set)
    """Where variables were made, by the user's frames: of those, too, that are gone, whose ids others may have now."""
    variables: dict[int, weakref.ref[Any]] = field(default_factory=dict)
    modules: dict[int, tuple[weakref.ref[Any], Moment]] = field(default_factory=dict)
    contents: dict[int, Origin] = field(default_factory=dict)
    leavings: list[Leaving] = field(default_factory=list)
    losses: list[tuple[Origin, Moment, Phase]] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    cached: dict[int, Moment] = field(default_factory=dict)
    """What a bijector answered from its cache, and where it was asked last."""
    updated: set[int] = field(default_factory=set)
    """The variables, by handle, that a forward pass assigned: the state of a layer, and no weight of it."""
    overwritings: list[Overwriting] = field(default_factory=list)
    returned: list[tuple[weakref.ref[Any], Origin]] = field(default_factory=list)
    """What `assign` gave back while an object was set up."""
    makers: dict[Moment, str] = field(default_factory=dict)
    """Where the weights of stock layers were made, by the user's frames, and the classes of those layers."""
    layers: dict[int, Moment] = field(default_factory=dict)
    """Where the stock layer was made that made a weight, which is later than the layer; by the weight's handle."""
    copies: dict[int, int] = field(default_factory=dict)
    """Of the variables that a strategy keeps on several devices, the first of them for each, by handles."""
    watched: dict[int, Any] = field(default_factory=dict)
    """The tensors from before a forward pass that its tape was told to watch, by id."""
    forgotten: list[tuple[int, Moment]] = field(default_factory=list)
    """After how many events its tape was reset, and where."""
    _origins: dict[int, tuple[weakref.ref[Any], Origin]] = field(default_factory=dict)
    _left: dict[int, Leaving] = field(default_factory=dict)
    _empty: set[int] = field(default_factory=set)
    _decided: set[Moment] = field(default_factory=set)

    @contextlib.contextmanager
    def on(self, phase: Phase, *, values: bool = True) -> Iterator[None]:
        """Record until the block ends.

        Without `values`, NumPy is left alone: modules that are imported meanwhile may keep its functions.
        """
        self.phase = phase
        self._decided.clear()
        with observing(self, values=values, caches=self.tape is not None):
            yield

    def know(self, variable: Any) -> None:
        """Tell it of a variable that was made before it was on."""
        self.variables.setdefault(key_of(hooks.handle_of(variable)), weakref.ref(variable))

    def variable(self, handle: int) -> Any:
        """The variable with that handle, if it is known and lives."""
        reference = self.variables.get(handle)
        if reference is not None:
            return reference()
        return self.earlier.variable(handle) if self.earlier is not None else None

    def origin(self, tensor: Any) -> Origin | None:
        """What the tensor was computed from, if it goes back to a weight."""
        entry = self._origins.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None

    def alive(self) -> list[Any]:
        """The tensors computed from weights that somebody still holds."""
        return [tensor for reference, _ in list(self._origins.values()) if (tensor := reference()) is not None]

    def phase_of(self, marks: Moment) -> Phase:
        """The phase that frames belong to: what is set up in a call, or called in a setup, has its own."""
        return phases.phase_of(marks, self.phase)

    def saw_variable(self, variable: Any) -> None:
        """A `tf.Variable` was made."""
        marks, frames = moment()
        handle = hooks.handle_of(variable)
        self.created[key_of(handle)] = marks
        self.creations.add(user_frames(marks))
        self.layers.pop(key_of(handle), None)
        layer = hooks.stock_layer_in(frames, lambda filename: origin_of(filename) != "user")
        if layer is not None:
            self.makers[user_frames(marks)] = type(layer).__name__
            known, made = self.modules.get(id(layer), (None, ()))
            if known is not None and known() is layer:
                self.layers[key_of(handle)] = made
        self.variables[key_of(handle)] = weakref.ref(variable)

    def saw_keras_variable(self, shown: Any) -> None:
        """A Keras 3 variable is being made."""
        self.created[key_of(shown)] = marks = moment()[0]
        self.creations.add(user_frames(marks))

    def saw_placeholder_read(self, shown: Any, value: Any) -> None:
        """A Keras 3 variable without a `tf.Variable` in it was read."""
        if self.origin(value) is None:
            marks, frames = moment()
            read = self._read(key_of(shown), marks, frames, shown)
            self._derived(value, Origin("ReadVariableOp", marks, (read,), ()))

    def saw_returned(self, variable: Any, result: Any) -> None:
        """`assign` returned something, which an object that is being set up may keep instead of the variable."""
        marks, frames = moment()
        if self.phase_of(marks) is Phase.SETUP and user_marks(marks):
            handle = key_of(hooks.handle_of(variable)) if hooks.is_variable(variable) else key_of(variable)
            read = self._read(handle, marks, frames, variable)
            self.returned.append((weakref.ref(result), Origin("Assign", marks, (read,), ())))

    def saw_watched(self, tensor: Any) -> None:
        """A tape was told to watch a tensor: what is computed from it now goes back to it as to a weight."""
        marks, _ = moment()
        users = user_marks(marks)
        read = Read(key_of(tensor), marks, users[0] if users else 0, self.phase_of(marks), len(self.reads))
        before = self.origin(tensor)
        self.reads.append(read)
        self._derived(tensor, Origin("watch", marks, (read,), (before,) if before is not None else ()))

    def saw_answer(self, target: Any, gradients: Any) -> None:
        """A tape gave gradients, of operations that this recorder was not told of."""
        nest = hooks.tensorflow().nest
        parents = tuple(origin for each in nest.flatten(target) if (origin := self.origin(each)) is not None)
        marks, _ = moment()
        for each in nest.flatten(gradients, expand_composites=True) if parents else ():
            if each is not None and self.origin(each) is None:
                self._derived(each, Origin(GIVEN_BY_TAPE, marks, (), parents, of_gradient=True))

    def saw_module(self, module: Any) -> None:
        """A `tf.Module` or layer was made."""
        marks, _ = moment()
        try:
            self.modules[id(module)] = (weakref.ref(module), marks)
        except TypeError:  # a class with __slots__ takes no weak references; its place stays unknown
            return

    def saw_operation(
        self,
        operation: str,
        inputs: tuple[Any, ...],
        attributes: tuple[Any, ...],
        outputs: tuple[Any, ...],
        graph: Any,
    ) -> None:
        """An operation ran, or was put into a graph."""
        marks: Moment | None = None
        frames: tuple[FrameType, ...] = ()
        if self.tape is not None:
            marks, frames = moment()
        if operation == "VarHandleOp":
            for output in outputs:
                self.contents.pop(key_of(output), None)
                self._empty.add(key_of(output))
        handles = self._handles(inputs, graph)
        if assigns(operation):
            marks = marks if marks is not None else moment()[0]
            if not hooks.never_runs(graph):
                self._assigned(operation, handles, inputs, marks)
            self._keep(operation, inputs, outputs, marks, (), handles)
            return
        read = handles if operation not in ("VarHandleOp", *WITHOUT_DATA) else ()
        handed = _handed_to_operation(frames[0] if frames else _generated_frame())
        given = tuple(self._known_handle(each) for each in handed if hooks.is_variable(each))
        left = tuple(each for each in handed if isinstance(each, (float, *_arrays())) and self.left(each) is not None)
        inputs = (*inputs, *left)
        variables = tuple(dict.fromkeys((*read, *given)))
        parents = tuple(origin for each in inputs if (origin := self.origin(each)) is not None)
        parents += tuple(leaving.origin for each in left if (leaving := self.left(each)) is not None)
        stored = tuple(self.contents[handle] for handle in variables if handle in self.contents)
        if (variables or parents or stored) and operation not in WITHOUT_DATA:
            if marks is None:
                marks, frames = moment()
            reads = tuple(self._read(handle, marks, frames) for handle in variables)
            before = (*parents, *stored)
            of_gradient = any(each.of_gradient for each in before)
            discrete = not any(_has_derivatives(each) for each in outputs)
            origin = Origin(operation, marks, reads, before, of_gradient, discrete)
            for output in outputs:
                self._derived(output, origin)
        if self.tape is not None:
            layer = None if user_marks(marks or ()) else _running_layer(frames)
            self._keep(operation, inputs, outputs, marks or (), variables, handles, attributes, layer)

    def _keep(
        self,
        operation: str,
        inputs: tuple[Any, ...],
        outputs: tuple[Any, ...],
        marks: Moment,
        reads: tuple[int, ...],
        handles: tuple[int, ...],
        attributes: tuple[Any, ...] = (),
        layer: Any = None,
    ) -> None:
        if self.tape is None:
            return
        paused = hooks.tape_is_paused()
        outside = self.is_outside is not None and self.is_outside()
        self.events.append(Event(operation, inputs, outputs, marks, reads, handles, paused, attributes, outside, layer))
        for output in outputs:
            if hooks.is_differentiable(output):
                self.tape.watch(output)

    def _derived(self, tensor: Any, origin: Origin) -> None:
        key = id(tensor)
        self._origins[key] = (weakref.ref(tensor), origin)

    def _handles(self, inputs: tuple[Any, ...], graph: Any) -> tuple[int, ...]:
        found = []
        for each in inputs:
            if getattr(each, "dtype", None) == "resource":
                handle = key_of(hooks.captured_from(each, graph) if graph is not None else each)
                found.append(self.copies.get(handle, handle))
        return tuple(found)

    def _known_handle(self, variable: Any) -> int:
        self.know(variable)
        handle = key_of(hooks.handle_of(variable))
        return self.copies.get(handle, handle)

    def _read(self, handle: int, marks: Moment, frames: tuple[FrameType, ...], shown: Any = None) -> Read:
        reader = self._reader(handle, marks, frames, shown)
        read = Read(handle, marks, reader, self.phase_of(marks), len(self.reads))
        self.reads.append(read)
        return read

    def _reader(self, handle: int, marks: Moment, frames: tuple[FrameType, ...], shown: Any = None) -> int:
        """The innermost frame of the user's that was not handed the weight, but takes it by its name."""
        known = self.variable(handle)
        variable = known if known is not None else shown
        users = [i for i, mark in enumerate(marks) if origin_of(mark.code.co_filename) == "user"]
        converting = max((i for i in users if _is_conversion(marks, i)), default=-1)
        for index in users:
            if index <= converting:
                continue  # an object of theirs stands for the weight, and is taken for a tensor further out
            if variable is None or not _was_handed(frames[index], variable):
                return index
        return users[-1] if users else 0

    def _assigned(self, operation: str, handles: tuple[int, ...], inputs: tuple[Any, ...], marks: Moment) -> None:
        if handles and handles[0] in self._empty:
            self._empty.discard(handles[0])  # its initial value
        elif handles and self.phase is Phase.FIRST_CALL and self.phase_of(marks) is Phase.FIRST_CALL:
            self.updated.add(handles[0])
        for value in inputs:
            origin = self.origin(value)
            if handles and origin is not None and not origin.of_gradient:
                self.contents[handles[0]] = Origin(operation, marks, (), (origin,))
                return
        if handles and operation == "AssignVariableOp":
            self.contents.pop(handles[0], None)

    def saw_leaving(self, source: Any, value: Any) -> Any:
        """A value left TensorFlow; the program gets what this returns."""
        if isinstance(source, _arrays()):
            known = self.left(source)
            if known is not None and value is not source:
                self._note_left(replace(known, value=_held(value)), source, value)
            return value
        origin = self.origin(source) or (self.earlier.origin(source) if self.earlier is not None else None)
        if origin is None:
            return value
        marks, _ = moment()
        if marks and marks[0].code.co_filename.endswith(("tensor_util.py", "constant_op.py")):
            return value  # static shape inference looks at values; nothing leaves by that
        if self.disturbed is not None and self._is_disturbed(origin):
            return self._changed(value, marks)
        leaving = Leaving(origin, _held(value), marks, self.phase_of(marks))
        self.leavings.append(leaving)
        self._note_left(leaving, source, value)
        return value

    def _is_disturbed(self, origin: Origin) -> bool:
        handle = list(self.created)[self.disturbed or 0]
        return any(read.handle == handle for read in origin.all_reads())

    def _changed(self, value: Any, marks: Moment) -> Any:
        """Another value in place of one that leaves. What decides how the program goes on does so once a place."""
        numpy = importlib.import_module("numpy")
        kind = numpy.asarray(value).dtype.kind
        if kind in "fc":
            return value * (1.0 + self.disturbance) + self.disturbance
        place = user_frames(marks)[:1]
        if kind not in "biu" or not is_told(marks) or place in self._decided:
            return value
        self._decided.add(place)
        changed = numpy.logical_not(value) if kind == "b" else value + 1
        return changed if isinstance(value, numpy.ndarray) else type(value)(changed)

    def _note_left(self, leaving: Leaving, source: Any, value: Any) -> None:
        if isinstance(value, (float, complex, *_arrays())):
            self._left[id(value)] = leaving
            if self.tape is not None:
                self.events.append(Event(LEFT, (source,), (value,), leaving.moment))

    def left(self, value: Any) -> Leaving | None:
        """The moment at which an array or a number left TensorFlow, if it is one that came from a weight."""
        leaving = self._left.get(id(value))
        if leaving is not None and leaving.kept() is value:
            return leaving
        return self.earlier.left(value) if self.earlier is not None else None

    def saw_constant(self, value: Any, tensor: Any) -> None:
        """An array or a number became a constant."""
        if hooks.is_variable(value):
            self._copied(value, tensor)
            return
        leaving = self.left(value)
        if leaving is None:
            return
        self._derived(tensor, Origin(LEFT, leaving.moment, (), (leaving.origin,)))
        if self.tape is not None:
            self._keep("Const", (value,), (tensor,), moment()[0], (), ())

    def _copied(self, variable: Any, tensor: Any) -> None:
        """`tf.constant(variable)`: TensorFlow reads the numbers itself."""
        marks, frames = moment()
        handle = self._known_handle(variable)
        origin = Origin(LEFT, marks, (self._read(handle, marks, frames),), ())
        self.leavings.append(Leaving(origin, _held(tensor), marks, self.phase_of(marks)))
        self._derived(tensor, origin)
        self._keep(LEFT, (), (tensor,), marks, (handle,), ())

    def saw_loss(self, losses: Any) -> None:
        """`add_loss` was called."""
        for loss in hooks.tensorflow().nest.flatten(losses):
            origin = self.origin(loss)
            if origin is not None:
                marks, _ = moment()
                if not phases.is_called(marks):
                    self.losses.append((origin, marks, self.phase_of(marks)))

    def saw_attribute(self, owner: Any, name: str, before: Any, value: Any) -> None:
        """An attribute that held something was set."""
        origin = self.origin(value)
        if origin is not None and (hooks.is_variable(before) or key_of(before) in self.created):
            marks, _ = moment()
            self.overwritings.append(Overwriting(owner, name, before, origin, marks, self.phase_of(marks)))

    def overwriting(self, variable: Any) -> Overwriting | None:
        """How the attribute that held a variable was lost to a tensor, if it was and still is."""
        for each in self.overwritings:
            if stands_for(each.before, variable) and each.lasts():
                return each
        return None

    def saw_cached(self, output: Any) -> None:
        """A bijector answered from its cache."""
        marks, _ = moment()
        self.cached.update((key_of(each), marks) for each in hooks.tensorflow().nest.flatten(output))


def _has_derivatives(tensor: Any) -> bool:
    """Whether a tensor, a symbol too, is of numbers that have derivatives; what is no tensor may lead to some."""
    dtype = getattr(tensor, "dtype", None)
    return bool(getattr(dtype, "is_floating", True) or getattr(dtype, "is_complex", True))


def _held(value: Any) -> Any:
    """An array weakly; a number, which takes no weak reference, itself."""
    try:
        return weakref.ref(value)
    except TypeError:
        return value


def _running_layer(frames: tuple[FrameType, ...]) -> Any:
    """The innermost object whose `call` is running."""
    running = (frame for frame in frames if frame.f_code.co_name == "call")
    return next((frame.f_locals.get("self") for frame in running), None)


def _generated_frame() -> FrameType | None:
    """The frame that runs the operation which called back: some of the probe's own lie in between."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _handed_to_operation(frame: FrameType | None) -> list[Any]:
    """The arguments of a generated operation, lists opened: it reads variables and arrays where no callback looks."""
    if frame is None or not _is_generated(frame.f_code.co_filename):
        return []
    values = frame.f_locals.values()
    return [each for value in values for each in (value if isinstance(value, (list, tuple)) else (value,))]


@functools.cache
def _is_generated(filename: str) -> bool:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return name.startswith("gen_") and name.endswith("_ops.py")


@functools.cache
def _arrays() -> tuple[type, ...]:
    numpy = importlib.import_module("numpy")
    return (numpy.ndarray, numpy.generic)


def _is_conversion(marks: Moment, index: int) -> bool:
    """Whether a function is what makes a tensor of an object of the user's, when an operation is given that."""
    outer = marks[index + 1].code.co_filename if index + 1 < len(marks) else ""
    return outer.replace("\\", "/").endswith("framework/tensor_conversion_registry.py")


def _was_handed(frame: FrameType, variable: Any) -> bool:
    """Whether the frame's function was given the weight as an argument, alone or in a list or a dict."""
    code = frame.f_code
    if not code.co_flags & 0x01:  # a module or class body takes no arguments
        return False
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    values = frame.f_locals
    for name in code.co_varnames[:count]:
        value = values.get(name)
        members: Any = (value,)
        if isinstance(value, (list, tuple, set)):
            members = value
        elif isinstance(value, dict):
            members = value.values()
        if any(stands_for(each, variable) for each in members):
            return True
    return False
