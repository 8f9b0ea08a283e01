"""Forgetting what was read of a project's files, for a process that outlives a change of them."""

from __future__ import annotations

from gradlint.sources import python_files
from gradlint.static import askers, graphs
from gradlint.static.exports import forget_exports


def forget_files() -> None:
    """Forget what was read of the project's files: they have been changed."""
    forget_exports()
    python_files.cache_clear()
    askers.forget()
    graphs.forget()
