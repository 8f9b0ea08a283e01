"""The rules: one module a rule, found by the name of its file, its docstring the page.

`all_rules()` imports every module `grd*.py` of this folder; there is no list to keep.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType

from gradlint.diagnostics import Diagnostic, Severity
from gradlint.rules.rule import Rule
from gradlint.run import Role, Run

__all__ = ["Rule", "all_rules", "check", "one_for_each_cause", "page"]

MOST_SPECIFIC_FIRST = (
    "GRD306",
    "GRD106",
    "GRD107",
    "GRD105",
    "GRD104",
    "GRD102",
    "GRD101",
    "GRD103",
    "GRD109",
    "GRD401",
)
"""Where one place loses one weight in two objects, the codes may differ: only the first of them is told."""


@cache
def _modules() -> dict[str, ModuleType]:
    found = {}
    for entry in sorted(pkgutil.iter_modules(__path__), key=lambda entry: entry.name):
        if entry.name.startswith("grd"):
            module = importlib.import_module(f"{__name__}.{entry.name}")
            found[module.RULE.code] = module
    return found


def all_rules() -> dict[str, Rule]:
    """Every rule by its code, sorted by code."""
    return {code: module.RULE for code, module in sorted(_modules().items())}


def page(code: str) -> str:
    """The page of a rule, in Markdown: the docstring of its module.

    Raises:
        KeyError: no rule has this code.
    """
    return inspect.cleandoc(_modules()[code].__doc__ or "") + "\n"


def one_for_each_cause(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The same diagnostics with one for each place and weight: an alarm before a note, then the most specific code.

    Two objects of one class may call the weight that one line makes by its name and by its attribute.
    """
    kept: dict[object, Diagnostic] = {}
    for diagnostic in diagnostics:
        cause, weight = _cause(diagnostic), (diagnostic.weight or "").rpartition(".")[2]
        known = kept.get((cause, weight))
        if known is None or _rank(diagnostic) < _rank(known):
            kept[cause, weight] = diagnostic
    named = {_cause(one) for one in kept.values() if _goes_by_name(one)}
    return [one for one in kept.values() if _goes_by_name(one) or _cause(one) not in named]


def _cause(diagnostic: Diagnostic) -> object:
    """What is told of: the place, the line that creates the weight, and the family of the code."""
    created = next((stop.span for stop in diagnostic.stops if stop.role is Role.CREATED), None)
    comparable = diagnostic.code in MOST_SPECIFIC_FIRST
    return diagnostic.span, created, diagnostic.dialect, "" if comparable else diagnostic.code


def _goes_by_name(diagnostic: Diagnostic) -> bool:
    """Whether a weight is called by its own name, which tells those apart that one line makes for several objects."""
    alarm = diagnostic.severity is not Severity.NOTE
    return alarm and diagnostic.weight is not None and diagnostic.weight.isidentifier()


def _rank(diagnostic: Diagnostic) -> tuple[bool, int, bool]:
    comparable = diagnostic.code in MOST_SPECIFIC_FIRST
    place = MOST_SPECIFIC_FIRST.index(diagnostic.code) if comparable else len(MOST_SPECIFIC_FIRST)
    return (diagnostic.severity is Severity.NOTE, place, not (diagnostic.weight or "").startswith("self."))


def check(run: Run, codes: Iterable[str] | None = None) -> Iterator[Diagnostic]:
    """Ask every rule (or those with the given codes) its question of `run`."""
    chosen = None if codes is None else frozenset(codes)
    for code, module in _modules().items():
        if hasattr(module, "check") and (chosen is None or code in chosen):
            yield from module.check(run)
