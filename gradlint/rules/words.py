"""The sentences of a finding. Both halves speak through these, so a linter's and a probe's read alike."""

from __future__ import annotations

import ast
from dataclasses import replace

from gradlint.run import Kind, Phase, Role, Stop, Way

NO_TAPE = {
    Phase.SETUP: "no tape is recording when Keras builds a layer",
    Phase.FIRST_CALL: "only the first call computes it",
    Phase.SCRIPT: "the tape is not recording yet",
    Phase.FORWARD: "the tape sees no way back",
}

CUT_BY = {
    Kind.LEAVES_TENSORFLOW: "leaves TensorFlow: what comes back is a constant",
    Kind.NO_GRADIENT: "has no gradient",
    Kind.CAST: "gives integers or truth values, which have no gradient",
    Kind.SAMPLE: "draws a sample that is not reparameterized",
    Kind.STOP_GRADIENT: "stops the gradient",
    Kind.ASSIGN: "carries the value through a variable, where no tape follows",
    Kind.BIJECTOR_CACHE: "answers from the bijector's cache with a tensor from before the tape",
    Kind.OUTSIDE_TAPE: "runs outside the tape",
    Kind.OTHER_TAPE: "is recorded by another tape",
    Kind.PAUSED_TAPE: "runs while the tape is paused",
    Kind.FORGOTTEN: "makes the tape forget what it recorded",
    Kind.OTHER_THREAD: "runs in threads of its own, and a tape records only the one that opened it",
    Kind.REBOUND: "binds the name to a tensor that no tape has watched",
    Kind.UNWATCHED: "asks for a constant that the tape was not told to watch",
    Kind.NOT_TRAINABLE: "is not trainable, so that no tape watches it",
    Kind.INTEGER: "holds integers, which have no gradient",
    Kind.RECREATED: "runs again in every call and makes a new one",
}

CREATED_BY = {Kind.ANSWER: "given here", Kind.WATCHED: "watched here"}

SPOILED_BY = {
    Kind.FLAT: "has a derivative of zero everywhere",
    Kind.SATURATED: "is flat at every value of this batch",
    Kind.SINGLE_ENTRY: "normalizes over a single entry, which gives the same whatever the entry is",
    Kind.CANCELLED: "adds a gradient that cancels all the rest",
    Kind.NOT_CHOSEN: "takes none of these values on this batch",
    Kind.TIMES_ZERO: "multiplies by zeros",
    Kind.NOT_RUN: "takes another way on this batch",
    Kind.VALUE_NOT_FINITE: "gives values that are not finite",
    Kind.DERIVATIVE_NOT_FINITE: "has no finite derivative at a value of this batch",
    Kind.START_NOT_FINITE: "starts from values that are not finite",
    Kind.INCOMPLETE: "takes part of the value past the tape",
}
"""What an operation does to a gradient that comes back, but not as it should."""


READS = frozenset({"read_value", "value"})
COPIES = frozenset({"identity", "convert_to_tensor", "constant"})
"""Methods and functions that give a weight's own value."""


def quoted(text: str, limit: int = 60) -> str:
    """Source text in backticks, cut to about `limit` characters."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= limit else line[: limit - 1] + '…'}`"


def cut_by(stop: Stop) -> str:
    """What an operation does to the gradient."""
    if stop.kind is Kind.NO_GRADIENT and stop.name.endswith(".indices"):
        return "gives indices, which have no gradient"
    if stop.kind is Kind.UNWATCHED and stop.name == "variable":
        return "asks a tape that watches nothing by itself, and was not told to watch this"
    if stop.kind is Kind.NO_GRADIENT and stop.name.endswith("()"):
        return "has no gradient for this argument"
    return CUT_BY[stop.kind]


def where(stop: Stop) -> str:
    """`in `build``, or `at module level`."""
    name = stop.function.rsplit(".", 1)[-1]
    return f"in `{name}`" if name else "at module level"


def label(stop: Stop, way: Way, place: Stop | None = None) -> str:
    """The words under the line of source for one stop of a way. `place` is where the finding stands, if at a stop."""
    if stop.role is Role.CREATED:
        return CREATED_BY.get(stop.kind, "the weight is created here")
    if stop == place:
        if stop.kind in SPOILED_BY:
            return f"here: it {SPOILED_BY[stop.kind]}"
        if stop.kind is Kind.WHOLE:
            return "frozen here: TFP keeps no Keras 3 weight, it copies the value once"
        if stop.kind is Kind.DRAWN:
            return "frozen here: nothing of the model's inputs goes into it, so that the model holds a constant"
        if stop.kind is Kind.OUTSIDE_TAPE:
            return "lost here: the tape is not recording"
        if stop.kind is Kind.OTHER_TAPE:
            return "lost here: another tape records it"
        if stop.kind is Kind.TRACED:
            return "frozen here: Keras 3 builds the layer by running this, and the trace keeps the weight's first value"
        if stop.kind in CUT_BY and way.phase is Phase.FORWARD:
            return f"cut here: it {cut_by(stop)}"
        return f"frozen here: {_no_tape(stop, way)}"
    if stop.role is Role.CUT:
        return "by this operation, which would be fine under the tape"
    if stop.role is Role.KEPT:
        if stop.kind is Kind.ATTRIBUTE or stop.kind is Kind.OVERWRITTEN:
            return f"kept in {quoted(stop.name)}"
        return f"kept by this {stop.kind.value}"
    if stop.role is Role.USED:
        if stop.kind is Kind.REQUEST:
            return "its gradient is asked for here"
        if stop.kind is Kind.NOT_CHOSEN:
            return "this drops the value, but not the derivative"
        return "the forward pass sees a constant" if way.phase is not Phase.FORWARD else "used here"
    return "read here"


def _no_tape(place: Stop, way: Way) -> str:
    """Why no tape sees what is computed at a place."""
    if way.phase is Phase.SETUP and _method(place) != "build":
        return "no tape is recording while the object is made"
    return NO_TAPE[way.phase]


def _method(stop: Stop | None) -> str:
    return "" if stop is None else stop.function.rsplit(".", 1)[-1]


def relabelled(stop: Stop, way: Way, place: Stop | None = None) -> Stop:
    """The same stop with its words."""
    return replace(stop, words=label(stop, way, place))


def _user_of(way: Way) -> str:
    """The method that uses what was computed too early, in backticks; Keras calls `call` after `build`."""
    method = _method(way.first(Role.USED))
    known = method if method.isidentifier() else "call" if _method(way.first(Role.READ)) == "build" else ""
    return f"`{known}`" if known else ""


def build_later(way: Way, carrier: str) -> str:
    """When to build `carrier` instead of too early."""
    user = _user_of(way)
    return f"build {carrier} in {user}" if user else f"build {carrier} where it is used"


def build_in_forward(way: Way, carrier: str) -> str:
    """What to write instead of something that was computed too early; `carrier` names what to build later."""
    user = _user_of(way)
    return f"{build_later(way, carrier)}, or in a property{f' that {user} reads' if user else ''}"


def given_live(text: str, weight: str) -> str:
    """`pass `self.mu` whole, or `, where TFP keeps what it is given: instead of an expression of a weight, itself.

    What computes another value is deferred, and nothing is said where that takes more than a function's name.
    """
    try:
        expression = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:  # a stop of a probe may show the first line of more
        return ""
    if isinstance(expression, ast.Subscript):
        return f"pass `{weight}` whole, or "
    if isinstance(expression, ast.Call) and not expression.keywords:
        function = expression.func
        if isinstance(function, ast.Attribute) and function.attr in READS and not expression.args:
            return f"pass `{weight}` whole, or "
        if len(expression.args) == 1 and isinstance(expression.args[0], (ast.Name, ast.Attribute)):
            name, given = ast.unparse(function), ast.unparse(expression.args[0])
            if name.rpartition(".")[2] in COPIES:
                return f"pass `{weight}` whole, or "
            if isinstance(function, (ast.Name, ast.Attribute)):
                return f"pass `tfp.util.DeferredTensor({given}, {name})`, or "
    return ""
