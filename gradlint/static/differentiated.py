"""Which methods of an object are there to be differentiated, and what those that are not say of its weights."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from gradlint.run import Phase
from gradlint.static.hosts import Host
from gradlint.static.knowledge import among
from gradlint.static.values import NO_ORIGINS, Origins

FORWARD_METHODS = ("call", "__call__")


def is_differentiated(host: Host, name: str) -> bool:
    """Whether a method is there to be differentiated: a forward pass, a hook of TFP, or what its name calls a loss."""
    if name in FORWARD_METHODS or (host is Host.CARRIER and among("differentiated_hooks", name)):
        return True
    if is_evaluation(name):
        return False
    words = name.strip("_").split("_")
    pairs = ("_".join(pair) for pair in pairwise(words))
    return any(among("words_of_losses", word) for word in (*words, *pairs))


def is_evaluation(name: str) -> bool:
    """Whether a method's name says that it is there to look at what was trained."""
    return any(among("words_of_evaluation", word) for word in name.strip("_").split("_"))


def beside_frozen(origins: Origins, known: Origins) -> Origins:
    """Ways through a method that only evaluates, without those of weights that what is differentiated reads frozen."""
    frozen = {one.variable for one in known if not (one.tapes or one.unknown) and one.phase is Phase.SETUP}
    return frozenset(origin for origin in origins if origin.variable not in frozen)


def uncut(origins: Origins, known: Origins = NO_ORIGINS) -> Origins:
    """Ways through a method of which we do not know that anyone wants a gradient: what it cuts may be meant.

    A weight that one of the `known` ways cuts where a gradient is wanted has none of such a way, either.
    """
    wanted = {one.variable for one in known if one.cut is not None and not (one.copied or one.unknown)}
    return frozenset(
        replace(origin, unknown=True) if origin.cut is not None else origin
        for origin in origins
        if origin.cut is None or (origin.variable not in wanted and origin.tapes)
    )
