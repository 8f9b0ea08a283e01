"""The words that a project adds to what gradlint knows: `[tool.gradlint.vocabulary]`, in the words of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from gradlint.run import CARRIERS, Kind

VARIABLES = ("tf.Variable", "Keras 3 variable", "TransformedVariable")
"""What `creates` may say that a callable makes."""
HOSTS = ("Keras", "tf.Module", "TFP object", "plain object", "something else")
"""What `bases` may say of a class."""
KINDS = tuple(sorted(kind.value for kind in CARRIERS | {Kind.DISTRIBUTION} - {Kind.PARTIAL}))
"""What `carriers` may say that a constructor makes."""
LISTS = {
    "applies-functions": "calls the functions that it is given",
    "caches": "decorators that keep what the first call gave",
    "custom-gradients": "decorators that bring a gradient of their own",
    "decorator-factories": "calls that make such a decorator",
    "gradient": "operations that let a gradient pass",
    "layers-with-weights": "layers that make weights of their own",
    "leaves-tensorflow": "what comes back is no tensor of TensorFlow's any more",
    "no-gradient": "operations without gradient",
    "returns-argument": "decorators and functions that return their first argument itself",
    "shape-only": "what looks at the shape, name or type of a weight, never at its value",
    "stop-gradient": "operations that stop a gradient on purpose",
}
"""The lists of names, and what is in each."""


@dataclass(frozen=True)
class OwnCarrier:
    """A constructor that keeps what it is given: its parameters in order, and those that it turns into plain tensors.

    `reparameterized` says of a distribution whether its samples have a gradient; None where nobody knows.
    """

    kind: str
    parameters: tuple[str, ...] = ()
    freezes: tuple[str, ...] = ()
    reparameterized: bool | None = None

    def entry(self) -> dict[str, object]:
        """As it stands in the table of measured constructors."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in given.items() if v not in ((), None)}


@dataclass(frozen=True)
class Vocabulary:
    """Dotted names, and what each of them is."""

    creates: tuple[tuple[str, str], ...] = ()
    bases: tuple[tuple[str, str], ...] = ()
    carriers: tuple[tuple[str, OwnCarrier], ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def names(self) -> Iterator[str]:
        """Every dotted name."""
        for pairs in (self.creates, self.bases, self.carriers):
            yield from (name for name, _ in pairs)
        for _, listed in self.lists:
            yield from listed

    def listed(self, key: str) -> tuple[str, ...]:
        """The names of one list."""
        return next((names for name, names in self.lists if name == key), ())
