"""What the runtime half raises, each with a sentence that says what to do."""

from __future__ import annotations

import re

from gradlint.errors import UsageError

MOST_CHARACTERS = 300


class ProbeError(UsageError):
    """The model could not be probed. The message says why and what to do about it.

    Where the reason is an exception of the user's own code, it is the `__cause__`.
    """


class GradientError(AssertionError):
    """A weight gets no gradient: what `assert_gradients` and `ProbeReport.raise_if_broken` raise."""


class GradientWarning(UserWarning):
    """What `GradientCheck` warns with: a weight gets no gradient, or nothing could be checked."""


# As users write them, and as a test runner shows them.
GradientError.__module__ = GradientWarning.__module__ = "gradlint"


def described(error: BaseException) -> str:
    """An exception in one line, without what Keras says around the message of a layer."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text) if each.strip()]
    own = [each for each in paragraphs if not each.startswith(_AROUND)]
    words = " ".join(own or paragraphs)
    if len(words) > MOST_CHARACTERS:
        words = words[:MOST_CHARACTERS].rpartition(" ")[0] + " …"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


_AROUND = ("Exception encountered when calling", "Call arguments received by", "Arguments received by")


def with_article(name: str) -> str:
    """A class as a sentence names it: `an `int``."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} `{name}`"
