"""The one exception that the command line turns into a sentence and exit code 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(Exception):
    """gradlint was asked for something that it cannot do: bad arguments, a bad config, nothing to check."""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?`, or nothing where no known word is near."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""
