"""Which rules run: the selectors of the command line and of the config, laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gradlint.errors import UsageError, nearest

ALL = "ALL"
ALWAYS = frozenset({"GRD900"})
"""No selector turns these off: a crash that nobody hears of would read as a pass."""
UNLESS_IGNORED = frozenset({"GRD901"})
"""On whatever is selected, as syntax errors are elsewhere; `--ignore` still turns them off."""


@dataclass(frozen=True)
class Selection:
    """What one layer (a config file, the command line) says about rules. `select` is None if it says nothing."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def selectors(self) -> tuple[str, ...]:
        """Every selector that the layer names."""
        return (*(self.select or ()), *self.extend_select, *self.ignore)


def matches(selector: str, code: str) -> bool:
    """Whether a selector (`ALL`, `GRD1`, `GRD101`) means a code."""
    return selector == ALL or code.startswith(selector)


def checked(selector: str, codes: Iterable[str], where: str) -> str:
    """The selector in capitals.

    Raises:
        UsageError: no code begins so.
    """
    codes = list(codes)
    upper = selector.strip().upper()
    if not upper or not any(matches(upper, code) for code in codes):
        raise UsageError(f'{where}: no rule is called "{selector}"{nearest(upper, [ALL, *codes])}')
    return upper


def chosen(layers: Sequence[Selection], on: Mapping[str, bool]) -> frozenset[str]:
    """The codes that run. Later layers win; within a layer the more specific selector wins, at a draw `ignore`.

    `on` says for every known code whether it runs if nobody says anything.
    """
    return frozenset(code for code, default in on.items() if code in ALWAYS or _runs(code, default, layers))


def _runs(code: str, default: bool, layers: Sequence[Selection]) -> bool:
    state = default
    for layer in layers:
        selected = _longest((*(layer.select or ()), *layer.extend_select), code)
        ignored = _longest(layer.ignore, code)
        if layer.select is not None and code not in UNLESS_IGNORED:
            state = False
        if selected or ignored:
            state = selected > ignored
    return state


def _longest(selectors: Iterable[str], code: str) -> int:
    """How specific the most specific fitting selector is; 0 if none fits."""
    return max(
        (1 if selector == ALL else len(selector) + 1 for selector in selectors if matches(selector, code)), default=0
    )
