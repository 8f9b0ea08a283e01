"""At which operation a gradient on its way back turns into zeros, or into numbers that are not finite.

No magnitude is ever compared: a gradient is exactly zero, or it is not.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gradlint.probe.recording import hooks
from gradlint.probe.recording.backward import Forward
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.records import Event
from gradlint.run import Kind

_SATURATING = frozenset(
    {
        "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "ClipByValue", "Sigmoid", "Tanh", "Softmax", "LogSoftmax",
        "Softplus", "Softsign", "Erf", "Exp",
    }
)  # fmt: skip
_NORMALIZING = frozenset({"Softmax", "LogSoftmax"})
_LIMITING = frozenset({"Minimum", "Maximum"})
_CHOOSING = frozenset({"SelectV2", "Select", "Max", "Min", "MaxPool", "MaxPoolV2", "MaxPool3D", *_LIMITING})
_MULTIPLYING = frozenset(
    {
        "Mul", "MulNoNan", "MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum", "Conv2D", "Conv3D",
        "DepthwiseConv2dNative", "Conv2DBackpropInput", "Conv3DBackpropInputV2", "SparseTensorDenseMatMul", "RealDiv",
        "Div", "DivNoNan", "Xlogy", "Cross",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """The operation at which the gradient turns, the event that read the weight before it, and what it does.

    `dropped` is the event behind it that throws its value away, though not its derivative.
    """

    event: Event
    start: Event
    kind: Kind
    dropped: Event | None = None


@dataclass(frozen=True)
class _End:
    """An event behind the read `start` whose input `tensor` has a spoiled gradient, and whose outputs have not.

    The tensor is None where the event only reads the weight. What adds to one gradient has the same `meeting`.
    """

    start: int
    index: int
    tensor: Any
    meeting: int


@dataclass(frozen=True)
class Turns:
    """Asks one forward pass where its gradients turn. What it looks at is remembered: many weights share a way."""

    forward: Forward
    _states: dict[tuple[int, str], bool] = field(default_factory=dict)
    _local: dict[int, list[Any] | None] = field(default_factory=dict)
    _ends_beyond: dict[str, dict[int, dict[tuple[int, int], Any]]] = field(default_factory=dict)

    def into_zeros(self, variable: Any) -> list[Turn]:
        """Where the gradient of a weight turned into zeros, as far as the graph shows a reason."""
        events = self.forward.events
        turns: dict[int, Turn] = {}
        contributions: dict[int, dict[int, Any]] = {}
        for end in self._ends(variable, _is_zero):
            local = self._contribution(end)
            if local is None:
                continue
            if _is_not_zero(local):
                contributions.setdefault(end.meeting, {})[end.index] = local
            elif (kind := self._why_zero(end.index, end.tensor)) is not None:
                turns.setdefault(end.index, Turn(events[end.index], events[end.start], kind))
        for parts in contributions.values():
            if len(parts) > 1 and _is_zero(hooks.tensorflow().add_n(list(parts.values()))):
                turns.setdefault(max(parts), Turn(events[max(parts)], events[min(parts)], Kind.CANCELLED))
        return [turns[index] for index in sorted(turns)]

    def into_not_finite(self, variable: Any) -> list[Turn]:
        """Where the gradient of a weight ceased to be finite."""
        events = self.forward.events
        turns: dict[int, Turn] = {}
        for end in self._ends(variable, _is_not_finite):
            if any(map(_is_not_finite, self._gradients(end.index))):
                continue  # it was not finite before it came here
            local = self._contribution(end)
            if local is not None and not _is_not_finite(local):
                continue
            place, kind = self._first_not_finite(end.index)
            meets_zero = place == end.index and any(map(_has_zero, self._gradients(place)))
            dropped = self._dropping(place) if meets_zero else None
            turns.setdefault(place, Turn(events[place], events[end.start], kind, dropped))
        return [turns[index] for index in sorted(turns)]

    def _ends(self, variable: Any, spoiled: Callable[[Any], bool]) -> Iterator[_End]:
        """The events where a spoiled gradient of a weight meets one that is not."""
        handle = key_of(hooks.handle_of(variable))
        starts = self.forward.reading(handle)
        for start in starts:
            if self._is_sound(start, spoiled):
                for tensor in (None,) if self._only_reads(start) else self._hidden(start, variable):
                    yield _End(start, start, tensor, handle)
        told: set[tuple[int, int]] = set()
        for start in (each for each in starts if self._is(each, spoiled)):
            for (index, key), tensor in self._beyond(start, spoiled).items():
                if (index, key) not in told:
                    told.add((index, key))
                    yield _End(start, index, tensor, key)

    def _beyond(self, index: int, spoiled: Callable[[Any], bool]) -> dict[tuple[int, int], Any]:
        """The events behind a spoiled one that end what is spoiled, with the input of each that is.

        Weights below one another share what lies behind them, so that it is looked at once.
        """
        known = self._ends_beyond.setdefault(spoiled.__name__, {})
        passing: dict[int, list[tuple[int, Any]]] = {}
        waiting = [index]
        while waiting:
            current = waiting.pop()
            if current not in known and current not in passing:
                passing[current] = list(self._spoiled_following(current, spoiled))
                waiting.extend(following for following, _ in passing[current] if self._is(following, spoiled))
        for current in sorted(passing, reverse=True):
            ends: dict[tuple[int, int], Any] = {}
            for following, tensor in passing[current]:
                if self._is_sound(following, spoiled):
                    ends[following, id(tensor)] = tensor
                if self._is(following, spoiled):
                    ends.update(known[following])
            known[current] = ends
        return known[index]

    def _spoiled_following(self, index: int, spoiled: Callable[[Any], bool]) -> Iterator[tuple[int, Any]]:
        """The events that take an output whose gradient is spoiled."""
        for following, tensor in self.forward.links.following(index):
            gradient = self.forward.gradient(tensor)
            if gradient is not None and following in self.forward.needed and self._spoiled(tensor, gradient, spoiled):
                yield following, tensor

    def _only_reads(self, index: int) -> bool:
        return self.forward.events[index].operation == "ReadVariableOp"

    def _hidden(self, index: int, variable: Any) -> list[Any]:
        """The inputs of an event that are the weight's value, read where no callback looks."""
        value = _numbers(variable.read_value())
        return [
            each
            for each in self.forward.events[index].inputs
            if hooks.is_differentiable(each)
            and self.forward.links.producer(each) is None
            and _numbers(each).shape == value.shape
            and bool(((_numbers(each) == value) | (value != value)).all())
        ]

    def _is(self, index: int, spoiled: Callable[[Any], bool]) -> bool:
        return any(
            self._spoiled(output, gradient, spoiled)
            for output in self.forward.events[index].outputs
            if (gradient := self.forward.gradient(output)) is not None
        )

    def _is_sound(self, index: int, spoiled: Callable[[Any], bool]) -> bool:
        """Whether an event has an output whose gradient is there and is not spoiled."""
        return any(
            not self._spoiled(output, gradient, spoiled)
            for output in self.forward.events[index].outputs
            if (gradient := self.forward.gradient(output)) is not None
        )

    def _spoiled(self, tensor: Any, gradient: Any, spoiled: Callable[[Any], bool]) -> bool:
        key = (id(tensor), spoiled.__name__)
        if key not in self._states:
            self._states[key] = spoiled(gradient)
        return self._states[key]

    def _gradients(self, index: int) -> list[Any]:
        """The gradients of an event's outputs, of those that have one."""
        outputs = self.forward.events[index].outputs
        return [gradient for output in outputs if (gradient := self.forward.gradient(output)) is not None]

    def _contribution(self, end: _End) -> Any:
        """What an event alone adds to the gradient of one of its inputs, or None where nobody can tell."""
        index, tensor = end.index, end.tensor
        event = self.forward.events[index]
        if tensor is None:
            return hooks.tensorflow().convert_to_tensor(self._gradients(index)[0])
        if index not in self._local:
            gradients = [self.forward.gradient(output) for output in event.outputs]
            self._local[index] = hooks.local_gradients(
                event.operation, event.inputs, event.attributes, event.outputs, gradients
            )
        local = self._local[index]
        if local is None:
            return None
        tf = hooks.tensorflow()
        parts = [
            tf.convert_to_tensor(gradient)
            for each, gradient in zip(event.inputs, local, strict=False)
            if each is tensor and gradient is not None
        ]
        return tf.add_n(parts) if parts else None

    def _why_zero(self, index: int, tensor: Any) -> Kind | None:
        event = self.forward.events[index]
        others = [each for each in event.inputs if each is not tensor and hooks.is_differentiable(each)]
        if event.operation == "Sign":
            return Kind.FLAT
        if event.operation in _NORMALIZING and tensor.shape[-1] == 1:
            return Kind.SINGLE_ENTRY
        if event.operation in _LIMITING and all(self._is_constant(each) for each in others):
            return Kind.SATURATED
        if event.operation in _SATURATING:
            return Kind.SATURATED
        if event.operation in _CHOOSING:
            return Kind.NOT_CHOSEN
        if event.operation in _MULTIPLYING and any(map(_is_zero, others)):
            return Kind.TIMES_ZERO
        return None

    def _is_constant(self, tensor: Any) -> bool:
        producer = self.forward.links.producer(tensor)
        return producer is None or self.forward.events[producer].operation == "Const"

    def _first_not_finite(self, index: int) -> tuple[int, Kind]:
        """The event whose values were the first that are not finite, or the given one where all are.

        An infinity that the program wrote itself, as a mask does, is none; the first operation that makes
        something undefined of it is.
        """
        events = self.forward.events
        if all(map(_is_finite, (*events[index].inputs, *events[index].outputs))):
            return index, Kind.DERIVATIVE_NOT_FINITE
        undefined: int | None = None
        while True:
            event = events[index]
            if any(map(_has_nan, event.outputs)) and not any(map(_has_nan, event.inputs)):
                undefined = index
            wrong = next((each for each in event.inputs if not _is_finite(each)), None)
            if wrong is None:
                return index, Kind.START_NOT_FINITE if self._only_reads(index) else Kind.VALUE_NOT_FINITE
            producer = self.forward.links.producer(wrong)
            if producer is None or producer >= index or events[producer].operation == "Const":
                if undefined is not None and not _has_nan(wrong):
                    return undefined, Kind.VALUE_NOT_FINITE
                return index, Kind.START_NOT_FINITE
            index = producer

    def _dropping(self, index: int) -> Event | None:
        """The `tf.where` behind an event that throws values of it away."""
        seen = {index}
        waiting = [index]
        for current in waiting:
            for following, _ in self.forward.links.following(current):
                if following in seen or following not in self.forward.needed:
                    continue
                if self.forward.events[following].operation in ("SelectV2", "Select"):
                    return self.forward.events[following]
                seen.add(following)
                waiting.append(following)
        return None


def _numbers(value: Any) -> Any:
    """The numbers of a tensor or of indexed slices, as an array."""
    numpy = importlib.import_module("numpy")
    array = numpy.asarray(getattr(value, "values", value))
    return array if array.dtype.kind in "fc" else array.astype("float32")


def _is_zero(value: Any) -> bool:
    return not _numbers(value).any()


def _is_not_zero(value: Any) -> bool:
    return not _is_zero(value)


def _has_zero(value: Any) -> bool:
    return not _numbers(value).all()


def _has_nan(value: Any) -> bool:
    numpy = importlib.import_module("numpy")
    return hooks.is_differentiable(value) and bool(numpy.isnan(_numbers(value)).any())


def _is_finite(value: Any) -> bool:
    numpy = importlib.import_module("numpy")
    return not hooks.is_differentiable(value) or bool(numpy.isfinite(_numbers(value)).all())


def _is_not_finite(value: Any) -> bool:
    numpy = importlib.import_module("numpy")
    return not bool(numpy.isfinite(_numbers(value)).all())
