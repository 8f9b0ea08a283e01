"""What both halves produce: a `Run`, the journeys of its weights, and the stops on their ways.

Plain frozen dataclasses of the standard library: they pickle, compare and sort, and know no engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Dialect(str, Enum):
    """Which Keras a verdict holds for. `ANY` is for a finding, never for a run."""

    KERAS_2 = "2"
    KERAS_3 = "3"
    ANY = "any"


class Phase(str, Enum):
    """When a line runs, seen from the tape."""

    SETUP = "setup"
    """`__init__`, `build` and what only they call: no tape is recording."""
    FIRST_CALL = "first call"
    """The forward pass filled a cache that later calls find full."""
    SCRIPT = "script"
    """Script or notebook code outside the `with` of its tape."""
    FORWARD = "forward"
    """Under the tape."""


class Role(str, Enum):
    """What a stop is to the weight's journey."""

    CREATED = "created"
    READ = "read"
    CUT = "cut"
    KEPT = "kept"
    USED = "used"


class Kind(str, Enum):
    """What exactly happened at a stop; the rules ask for it.

    A `KEPT` stop has the kind of what kept the value, a `CUT` or `READ` stop that of what ended the gradient.
    """

    PLAIN = "plain"
    # what keeps (role KEPT)
    DISTRIBUTION = "distribution"
    BIJECTOR = "bijector"
    JOINT_DISTRIBUTION = "joint distribution"
    KERNEL = "PSD kernel"
    LINEAR_OPERATOR = "linear operator"
    STATE_SPACE_MODEL = "state space model"
    SPARSE_TENSOR = "sparse tensor"
    RAGGED_TENSOR = "ragged tensor"
    PARTIAL = "partial"
    DEFERRED = "deferred tensor"
    ATTRIBUTE = "attribute"
    VARIABLE = "variable"
    LOSS = "loss"
    # what ends a gradient (role READ or CUT)
    WHOLE = "whole weight converted"
    FREEZING_CONSTRUCTOR = "freezing constructor"
    LEAVES_TENSORFLOW = "leaves TensorFlow"
    NO_GRADIENT = "no gradient"
    CAST = "cast"
    SAMPLE = "sample"
    STOP_GRADIENT = "stop gradient"
    ASSIGN = "assign"
    BIJECTOR_CACHE = "bijector cache"
    OUTSIDE_TAPE = "outside the tape"
    OTHER_TAPE = "recorded by another tape"
    PAUSED_TAPE = "paused tape"
    FORGOTTEN = "forgotten by the tape"
    OTHER_THREAD = "other thread"
    REBOUND = "name bound to a tensor"
    OVERWRITTEN = "attribute overwritten"
    UNWATCHED = "constant that nobody watches"
    NOT_TRAINABLE = "not trainable"
    INTEGER = "integer"
    RECREATED = "created by every call"
    TRACED = "traced while it was built"
    DRAWN = "drawn into a model"
    ANSWER = "given by a model"
    WATCHED = "watched by a tape"
    # what the program wants (role USED)
    REQUEST = "gradient asked for"
    # what spoils a gradient that is there (role CUT)
    FLAT = "flat everywhere"
    SATURATED = "flat on this batch"
    SINGLE_ENTRY = "normalized over a single entry"
    NOT_RUN = "not run on this batch"
    CANCELLED = "cancelled"
    NOT_CHOSEN = "not chosen"
    TIMES_ZERO = "times zero"
    VALUE_NOT_FINITE = "value not finite"
    DERIVATIVE_NOT_FINITE = "derivative not finite"
    START_NOT_FINITE = "start not finite"
    INCOMPLETE = "incomplete"


CARRIERS = frozenset(
    {
        Kind.BIJECTOR,
        Kind.JOINT_DISTRIBUTION,
        Kind.KERNEL,
        Kind.LINEAR_OPERATOR,
        Kind.STATE_SPACE_MODEL,
        Kind.SPARSE_TENSOR,
        Kind.RAGGED_TENSOR,
        Kind.PARTIAL,
        Kind.DEFERRED,
    }
)
"""Every carrier but the distribution, which has a code of its own."""


class End(str, Enum):
    """How a way ended."""

    REACHES = "reaches"
    FROZEN = "frozen"
    CUT = "cut"
    UNUSED = "unused"
    UNKNOWN = "unknown"


class Listing(str, Enum):
    """Whether the optimizer gets to see a weight: is it among its owner's `trainable_variables`?"""

    LISTED = "listed"
    UNLISTED = "unlisted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, order=True)
class Span:
    """A place in a file. Rows and columns count from 1 and columns are characters; the end is exclusive.

    `cell` is the notebook cell, counted from 1, or 0 outside notebooks; rows then count within the cell.
    """

    filename: str
    row: int
    column: int
    end_row: int
    end_column: int
    cell: int = 0


@dataclass(frozen=True)
class Stop:
    """One place on a weight's way.

    `words` is the label under the line of source, `text` the source of the span on one line,
    `function` the qualified name of the enclosing function ("" at module level), `name` what did it
    (a constructor, an operation, an attribute path such as `model.flow.bijector.shift`).
    """

    role: Role
    words: str
    span: Span
    kind: Kind = Kind.PLAIN
    text: str = ""
    function: str = ""
    name: str = ""


@dataclass(frozen=True)
class Way:
    """A chain of stops from the line that creates a weight to where its gradient ends.

    `phase` is when the weight was turned into the plain value that travels on this way.
    """

    stops: tuple[Stop, ...]
    end: End
    phase: Phase = Phase.FORWARD

    def first(self, role: Role) -> Stop | None:
        """The first stop of that role."""
        return next((stop for stop in self.stops if stop.role is role), None)

    def kinds(self, role: Role) -> frozenset[Kind]:
        """The kinds of all stops of that role."""
        return frozenset(stop.kind for stop in self.stops if stop.role is role)


COMPILED_WITH_IT = "the model that is compiled with it"
"""The holder of a weight that belongs to a loss."""


@dataclass(frozen=True)
class Weight:
    """A trainable variable.

    `label` is how its owner's code calls it (`self.mu`), or its owner path in a probe (`model.dist.loc`);
    `name` is the name given at its creation. `holder` says what kind of object holds it, for GRD302's words.
    `of_layer`: it stands for all the weights of a stock layer, of which the static half only tells what is lost alone.
    """

    label: str
    name: str
    created: Span | None = None
    listing: Listing = Listing.LISTED
    holder: str = ""
    trainable: bool = True
    of_layer: bool = False


@dataclass(frozen=True)
class Journey:
    """All ways of one weight through one object that reads it (`owner`, its qualified name)."""

    weight: Weight
    ways: tuple[Way, ...]
    owner: str = ""

    def has(self, end: End) -> bool:
        """Whether some way ends so."""
        return any(way.end is end for way in self.ways)


@dataclass(frozen=True)
class Request:
    """One gradient that the program asks for: `tape.gradient`, `minimize`, `fit`."""

    sources: tuple[Span, ...]
    tape: Span
    forward: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Run:
    """Everything that one half learned about one dialect; rules ask it questions.

    `measured` is true for a probe: its unused weights were asked of the tape, not concluded. `constructors` are the
    journeys of hypothetical weights: what the constructors of a file's own distributions, bijectors, kernels and
    linear operators may be given.
    """

    journeys: tuple[Journey, ...]
    requests: tuple[Request, ...] = ()
    dialect: Dialect = Dialect.KERAS_2
    measured: bool = False
    constructors: tuple[Journey, ...] = ()
