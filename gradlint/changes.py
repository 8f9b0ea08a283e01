"""What a remedy changes in the source: steps that name places, so that a codemod need not understand the program.

The static half decides what to change and why it might be wrong to; `fixes/` carries it out. Plain frozen dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gradlint.run import Span


@dataclass(frozen=True)
class Substitute:
    """Write `content` instead of the expression at `span`."""

    span: Span
    content: str


@dataclass(frozen=True)
class AddProperty:
    """Add a property behind the method at `method`, from copies of some of that method's statements.

    `copied` are the statements to copy, with the compound ones around them; `result` is the value of the attribute's
    one assignment, to be returned as it stands, or None where `local` is to be returned, the name that takes the
    attribute's place in the copies. `moved` are those of the copied statements that take their comments along,
    `unwrapped` the blocks of which only the body is copied.
    """

    method: Span
    receiver: str
    name: str
    copied: frozenset[Span]
    substitutes: tuple[Substitute, ...] = ()
    result: Span | None = None
    local: str = ""
    moved: frozenset[Span] = frozenset()
    unwrapped: frozenset[Span] = frozenset()


@dataclass(frozen=True)
class Remove:
    """Remove a statement; a block that it leaves empty goes too, or says `pass`."""

    span: Span


@dataclass(frozen=True)
class InsertBefore:
    """Insert lines of source, one statement each, before a statement."""

    span: Span
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Insert:
    """Copy statements to the beginning of a function's body, behind its docstring."""

    function: Span
    statements: tuple[Span, ...]
    substitutes: tuple[Substitute, ...] = ()


@dataclass(frozen=True)
class Unwrap:
    """Put the body of the `if` or `with` at `span`, or of the one handler of the `try` there, in its place."""

    span: Span


@dataclass(frozen=True)
class RemoveDecorator:
    """Take away the decorator whose expression stands at `span`."""

    span: Span


@dataclass(frozen=True)
class MoveInto:
    """Move or copy statements into the body of the `with` at `block`, to its start or its end."""

    block: Span
    statements: tuple[Span, ...]
    at_start: bool = False
    copies: bool = False


@dataclass(frozen=True)
class DeriveFrom:
    """Give a base to the class at `span`, which has none."""

    span: Span
    base: str


Step: TypeAlias = (
    "Substitute | AddProperty | Remove | InsertBefore | Insert | Unwrap | RemoveDecorator | MoveInto | DeriveFrom"
)


@dataclass(frozen=True)
class Change:
    """One way of healing a finding. `reasons` say why it is not safe; without any it is."""

    message: str
    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()
