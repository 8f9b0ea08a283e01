"""The project's own vocabulary laid over the tables, for as long as its files are followed."""

from __future__ import annotations

import os
import sys

from gradlint.static import knowledge
from gradlint.static.exports import forget_exports
from gradlint.static.modules import ModuleFinder
from gradlint.vocabulary import Vocabulary


def use(vocabulary: Vocabulary) -> None:
    """Take these words for known from now on. What was concluded without them is forgotten."""
    if knowledge.own_vocabulary() == vocabulary:
        return
    knowledge.set_own_vocabulary(vocabulary)
    forget_exports()
    for name, module in list(sys.modules.items()):
        if name.startswith("gradlint.static."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def own_name(path: str, name: str, finder: ModuleFinder | None) -> str | None:
    """The dotted name of something in a module of the project, if the project's vocabulary has it."""
    known = knowledge.own_names()
    if not known or finder is None:
        return None
    for root in finder.roots:
        if path.startswith(root + os.sep):
            module = os.path.splitext(path[len(root) + 1 :])[0].replace(os.sep, ".").removesuffix(".__init__")
            if f"{module}.{name}" in known:
                return f"{module}.{name}"
    return None
