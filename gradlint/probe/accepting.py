"""Which weights may go without a gradient, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence

Accept = str | Sequence[str] | Mapping[str, str]
"""As users write it: globs of weights, by their path or their name in Keras; a mapping gives each its reason."""
Accepted = tuple[tuple[str, str], ...]
"""Globs and reasons; a reason may be empty."""


def accepted(accept: Accept) -> Accepted:
    """What users write, as pairs."""
    if isinstance(accept, str):
        return ((accept, ""),)
    if isinstance(accept, Mapping):
        return tuple(accept.items())
    return tuple((pattern, "") for pattern in accept)


def unmatched(known: Accepted, names: Iterable[str]) -> tuple[str, ...]:
    """The globs that match none of the names, which is as if they were not there."""
    every = tuple(names)
    return tuple(pattern for pattern, reason in known if reason_for(every, ((pattern, reason),)) is None)


def reason_for(names: Sequence[str], known: Accepted) -> str | None:
    """The reason of the first glob that matches one of the names, or None where none does.

    Brackets are indices here, not sets of characters.
    """
    for pattern, reason in known:
        glob = re.sub(r"\[", "[[]", pattern)
        if any(fnmatch.fnmatchcase(name, glob) for name in names):
            return reason
    return None
