"""The abstract values that the interpreter computes with.

What is known of a value is what its class says; everything else is `Opaque`, and opaque is never guilty. Those that are
compared by identity are shown by it, too: to show what they hold may take for ever.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from gradlint.run import Kind, Phase, Span

if TYPE_CHECKING:
    from gradlint.static.scopes import Module, Scope


class Place(NamedTuple):
    """A node of the source and the function around it; becomes a `Stop` only if it is reported."""

    module: Module
    node: ast.AST
    function: str

    def span(self) -> Span:
        """Where the node stands."""
        return self.module.span(self.node)


class Flavour(Enum):
    """What kind of variable a weight is to TFP and Keras."""

    TF = "tf.Variable"
    KERAS_3 = "Keras 3 variable"
    TRANSFORMED = "TransformedVariable"
    PARAMETER = "constructor's parameter"
    """A hypothetical one: what the constructor of a class over a carrier may be given (see `constructors`)."""


@dataclass(eq=False, repr=False)
class Variable:
    """One weight, made by one execution of the line that creates it. Compared by identity.

    `label` is how its owner's code first calls it; `assigned` is set once anything writes it by `assign`;
    `stepped` once the forward pass of the program creates it anew.
    """

    name: str
    created: Place
    flavour: Flavour
    trainable: bool
    registered: bool
    """Made by `add_weight` or by a stock layer: listed by its layer whatever holds it."""
    layer: object = None
    """The object whose `add_weight` made it."""
    through: frozenset[str] = frozenset()
    """The attributes through which an object reaches it that does not list it."""
    dtype: str | None = "float32"
    integer: bool = False
    lazy: bool = False
    """Stands for the weights of a stock layer, which has none before its first call."""
    state: bool = False
    """What a stock layer keeps beside its weights and never trains, as running means are."""
    sampled: Place | None = None
    """Where a script made the distribution whose sample it is, if it is a tensor that a tape was told to watch."""
    watched: bool = False
    """A tensor that a tape was told to watch: it has a gradient, and nobody trains it."""
    tapes: frozenset[int] = frozenset()
    """The tapes that were recording when it was made."""
    regularizer: Value | None = None
    """What computes a loss of its layer from it."""
    recreated: bool = False
    """Made by something that every call of the forward pass runs."""
    made_for: Place | None = None
    """Where an object was made, under a tape, that made it."""
    doubtful: bool = False
    """Made where it is not known whether it runs: what is made may be made once and kept."""
    carried: Origins = frozenset()
    """What an `assign` wrote into it."""
    label: str = ""
    assigned: bool = False
    follows: bool = False
    """It is assigned what other weights hold, as that of a target network is."""
    updated: bool = False
    """The forward pass itself assigns it: a state, as a running mean is."""
    read: bool = False
    requested: bool = False
    decisions: dict[frozenset[int], Origin] = field(default_factory=dict)
    """By the tapes, where what was computed from it first decided how the program goes on."""
    escaped: bool = False
    """It went where it is not seen any more."""
    spread: bool = False
    """What was computed from it did."""
    phase: Phase = Phase.SETUP


@dataclass(frozen=True)
class Keeper:
    """What keeps a plain value: a carrier, an attribute, another variable."""

    kind: Kind
    name: str
    place: Place


@dataclass(frozen=True)
class Cut:
    """An operation of the forward phase that no gradient passes."""

    kind: Kind
    name: str
    place: Place


@dataclass(frozen=True)
class Origin:
    """How a plain value came from a weight: one way, as far as it has been walked.

    `tapes` are the tapes that were recording when the weight was read: the value is alive for those only.
    `read` is the place of a finding; `operation` the operation itself where a helper was handed the weight.
    """

    variable: Variable
    tapes: frozenset[int]
    phase: Phase
    read: Place
    kind: Kind = Kind.PLAIN
    operation: Place | None = None
    kept: tuple[Keeper, ...] = ()
    cut: Cut | None = None
    used: Place | None = None
    unknown: bool = False
    doubtful: bool = False
    """Whether a gradient comes back while the way is alive is not known."""
    alone: bool = False
    """Nothing but weights and constants of the source went into the operation that read it."""
    part: str = ""
    """The weight of a stock layer that was read by its name, where `variable` stands for all that the layer has."""

    @property
    def copied(self) -> bool:
        """Whether the way ends in another variable, as its initial value."""
        return any(keeper.kind is Kind.VARIABLE for keeper in self.kept)

    def keep(self, keeper: Keeper) -> Origin:
        """The same way, kept once more; each kind of keeper is told once."""
        if any(known.kind is keeper.kind for known in self.kept) or len(self.kept) >= 4:
            return self
        return replace(self, kept=(*self.kept, keeper))


Origins: TypeAlias = frozenset[Origin]
NO_ORIGINS: Origins = frozenset()


def doubted(origins: Origins) -> Origins:
    """The same ways, of which nothing is known any more."""
    return frozenset(origin if origin.unknown else replace(origin, unknown=True) for origin in origins)


@dataclass(frozen=True)
class Constant:
    """A Python value that the source settles: a literal, or what folding made of literals."""

    value: object


@dataclass(frozen=True)
class Reference:
    """The weight itself, or something through which it can be read later.

    `handed` are the calls that handed it to the present function; `inherited` is what its initial value came from.
    """

    variable: Variable
    flavour: Flavour
    handed: tuple[Place, ...] = ()
    inherited: Origins = NO_ORIGINS
    part: str = ""
    """The attribute of a stock layer that it was read by, where `variable` stands for all weights of the layer."""

    def whole(self) -> Reference:
        """All that the variable stands for, as its owner holds it."""
        if self.part:
            return Reference(self.variable, self.variable.flavour)
        return replace(self, handed=()) if self.handed else self


@dataclass(frozen=True)
class Tensor:
    """A plain value computed from weights (or from none); `dtype` where the source names it."""

    origins: Origins = NO_ORIGINS
    dtype: str | None = None
    constant: Place | None = None
    """Where a tensor was made that no weight went into."""
    recorded: bool = False
    """Made while a tape recorded: by each run of that place anew."""
    sampled: Place | None = None
    """Where a script made the distribution whose sample it is."""
    answer: Place | None = None
    """The call of a stock layer or model that gave it, which keeps nothing of it."""
    symbolic: bool = False
    """Made from `keras.Input`: what is computed from it is computed again by every call of the model."""


PLAIN = Tensor()
INPUT = Tensor(symbolic=True)
"""What `keras.Input` gives."""


@dataclass(frozen=True)
class Carrier:
    """A TFP or TensorFlow object that keeps what it was given."""

    kind: Kind
    name: str
    members: tuple[tuple[str, Value], ...]
    made: Place
    tensor: Value | None = None
    """What an operation takes it for, where the layer that made it says how it is converted."""


@dataclass(frozen=True)
class Anywhere:
    """The key of an element whose key is not known."""

    number: int


@dataclass(eq=False, repr=False)
class Container:
    """A list, tuple, set or dict: `items` maps indices, constant keys, or `Anywhere` where none is known, to values."""

    type: str
    items: dict[Any, Value] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    """The names of a named tuple's elements."""
    owner: Instance | None = None
    """The object whose attributes a dict holds."""
    made_by: Class | None = None
    """The class of the project that a named tuple is of."""
    begun: frozenset[int] | None = None
    """Of an iterator, the tapes that were recording when it was made: its elements are computed when it is used."""
    default: Partial | None = None
    """What makes the element of a key that is asked for and not there."""
    handed: tuple[Place, ...] = ()
    """The calls that handed it to the present function, and with it the weights that it holds."""

    def values(self) -> Iterator[Value]:
        """Every element."""
        for value in self.items.values():
            yield handed_on(value, self.handed)

    def pairs(self) -> list[tuple[Any, Value]]:
        """Every key with its element."""
        return [(key, handed_on(value, self.handed)) for key, value in self.items.items()]

    def at(self, key: object) -> Value:
        """The element of a key; unknown where there is none."""
        return handed_on(self.items.get(key, UNKNOWN), self.handed)

    def seen_by(self, handed: tuple[Place, ...]) -> Container:
        """The same elements, as a function sees them that was handed the container."""
        return replace(self, handed=handed)

    def holding(self, items: dict[object, Value]) -> Container:
        """One of the same kind with other elements."""
        return Container(self.type, items, self.fields, made_by=self.made_by)

    def used_under(self, tapes: frozenset[int]) -> Container:
        """What using it gives: of what an iterator made under other tapes computes then, nothing is known."""
        if self.begun is None or self.begun == tapes:
            return self
        return Container(self.type, {key: _in_doubt(value) for key, value in self.pairs()})

    @property
    def exact(self) -> bool:
        """Whether every element has a known key."""
        return not any(isinstance(key, Anywhere) for key in self.items)


def handed_on(value: Value, places: tuple[Place, ...]) -> Value:
    """A weight as a function sees it that was handed it, or the container that holds it, by calls at these places."""
    if not places:
        return value
    if isinstance(value, Reference):
        return replace(value, handed=(*value.handed, *places)[-12:]) if len(value.handed) < 12 else value
    if isinstance(value, Union):
        return Union(tuple(handed_on(alternative, places) for alternative in value.alternatives))
    if isinstance(value, Container) and value.items and len(value.handed) < 12:
        return value.seen_by((*value.handed, *places)[-12:])
    return value


def _in_doubt(value: Value) -> Value:
    return replace(value, origins=doubted(value.origins)) if isinstance(value, Tensor) else value


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """A function or lambda of the project, with its closure; `receiver` is what a method is bound to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    module: Module
    scope: Scope
    name: str
    owner: Class | None = None
    receiver: Value | None = None
    defaults: tuple[tuple[str, Value], ...] = ()
    cached: bool = False
    manages: bool = False
    """A context manager is made of it: what stands in the `with` runs where it yields."""
    traced: Place | None = None
    """Where `tf.function` is applied to it."""


@dataclass(frozen=True)
class Managed:
    """What calling a function gives that a context manager is made of."""

    function: Function
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Dispatched:
    """A function that is chosen by the class of its argument: pairs of a class and a function are `registered`."""

    default: Value
    registered: Container
    by_method: bool
    receiver: Value | None = None


@dataclass(frozen=True)
class Partial:
    """`functools.partial`."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    made: Place


@dataclass(eq=False, repr=False)
class Class:
    """A class of the project. `bases` are the values of its bases, in order."""

    node: ast.ClassDef
    module: Module
    name: str
    bases: tuple[Value, ...]
    members: dict[str, Value] = field(default_factory=dict)
    properties: dict[str, Property] = field(default_factory=dict)
    decorators: tuple[Value, ...] = ()
    metaclass: Value | None = None
    order: list[Value] | None = None
    """The classes in which its attributes are looked up, once they were asked for (see `hosts`)."""


@dataclass(frozen=True)
class Property:
    """A property of a class; `cached` for `functools.cached_property`.

    With a `descriptor`, an object whose class has `__get__`, getter and setter are the methods of that.
    """

    getter: Function
    setter: Function | None = None
    cached: bool = False
    descriptor: Instance | None = None


@dataclass(eq=False, repr=False)
class Instance:
    """An object of a class of the project."""

    type: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    doubtful: bool = False
    """Made by the forward pass where it is not known whether it runs: it may be made once and kept."""
    recorded: tuple[frozenset[int], Place] | None = None
    """Where a program made it under tapes: those, and the outermost call of a class that led there."""
    made_in: frozenset[int] | None = None
    """The runs of functions in which a program made it outside every tape; None if anything else made it."""
    set_up_by: set[ast.AST] = field(default_factory=set)
    """The functions that its constructor ran."""
    prepared_by: set[ast.AST] = field(default_factory=set)
    """Its methods that those functions, or others of its methods, called outside every tape."""
    given: dict[str, set[ast.AST]] = field(default_factory=dict)
    """The attributes that those functions assigned outside every tape, and where."""


@dataclass(frozen=True)
class Symbol:
    """Something of a library, by its canonical dotted name (`tf.exp`, `tfp.distributions.Normal`)."""

    name: str


@dataclass(frozen=True)
class Method:
    """A method or attribute, by name, of a value whose class the project does not define."""

    receiver: Value
    name: str


@dataclass(frozen=True)
class LibraryObject:
    """An object of a library class that is no carrier: a stock layer, an optimizer, a loss.

    The arguments of a functional model are its inputs and its outputs, those of a sequential one a list of layers.
    """

    name: str
    arguments: tuple[Value, ...]
    made: Place
    weights: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Super:
    """`super()`: the instance, or in class methods the class, seen from behind the class whose method runs."""

    instance: Value
    behind: Class


@dataclass(frozen=True)
class Tape:
    """A `tf.GradientTape`, by its number."""

    number: int
    watches: bool = True
    """Whether it watches every variable that is read under it."""


@dataclass(frozen=True)
class ModuleValue:
    """A module of the project."""

    module: Module


@dataclass(frozen=True)
class Imported:
    """Something of another module of the project, not loaded before it is used; `name` None is the module itself."""

    path: str
    name: str | None


@dataclass(frozen=True)
class Union:
    """One of several values: what a join of branches leaves."""

    alternatives: tuple[Value, ...]


@dataclass(frozen=True)
class Opaque:
    """Nothing is known but what went into it; `array` if that was nothing, and it is an array or number of NumPy.

    `size` is how the source asks a tensor's shape for it, if it does: the same whenever that tensor is. `outside` is
    what a caller must give a method, which holds none of the weights of its object. `dtype` is known of integers and
    truth values only.
    """

    parts: tuple[Value, ...] = ()
    array: bool = False
    size: str = ""
    outside: bool = False
    dtype: str | None = None


UNKNOWN = Opaque()
ARRAY = Opaque(array=True)
INTEGER = Opaque(dtype="int32")
GIVEN = Opaque(outside=True)

BASE = "(base)"
"""The attribute under which an instance holds what the constructor of a library's base class keeps."""

DRAWN_BY_BASE = "(drawn)"
"""The attribute that marks a model which gave `keras.Model` its inputs and outputs: it lists what drew these."""

Value: TypeAlias = (
    "Constant | Reference | Tensor | Carrier | Container | Function | Managed | Dispatched | Partial | Class | Instance"
    " | Symbol | Method | LibraryObject | Super | Tape | ModuleValue | Imported | Union | Opaque"
)


def is_array(value: Value) -> bool:
    """Whether a value is an array or number of NumPy."""
    return isinstance(value, Opaque) and value.array


def join(left: Value, right: Value) -> Value:
    """The value after two branches."""
    if left is right or left == right:
        return left
    if isinstance(left, Opaque) and not left.parts and isinstance(right, Opaque):
        return replace(right, array=False, size="", dtype=None)
    alternatives: list[Value] = []
    for value in (left, right):
        for alternative in value.alternatives if isinstance(value, Union) else (value,):
            if not any(alternative is known or alternative == known for known in alternatives):
                alternatives.append(alternative)
    if len(alternatives) > 8:
        return Opaque(tuple(alternatives))
    return alternatives[0] if len(alternatives) == 1 else Union(tuple(alternatives))
