"""What the runtime half raises, each with a sentence that says what to do."""

from __future__ import annotations

from gradlint.errors import UsageError


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
