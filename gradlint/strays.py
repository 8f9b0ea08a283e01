"""Findings whose place is in another file than the one that was followed, told where they belong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.files import shown
from gradlint.following import Outcome, Settled, Task, settled
from gradlint.run import Span
from gradlint.sources import decode


def concerns_others(outcome: Outcome) -> bool:
    """Whether an outcome has to be seen together with those of other files."""
    return bool(outcome.elsewhere or outcome.idle) or _strays(outcome)


Witnesses = Callable[[frozenset[str]], Sequence[Outcome] | None]
"""What the files come to that were not named and use some of the given ones (absolute paths); None if they are many."""


def brought_home(outcomes: Sequence[Outcome], named: Mapping[str, Task], witnesses: Witnesses) -> list[Outcome]:
    """The same outcomes, with findings in other files told of those files, if they were named, and once.

    `named` are the tasks of the files that were named, by their absolute paths. Where a suppression silences
    nothing that they hold, those are heard that were not named, before it is said to be idle.
    """
    if any(outcome.elsewhere or _strays(outcome) for outcome in outcomes):
        outcomes = [*_at_home(outcomes, named)]
    accused = frozenset(one.filename for outcome in outcomes for one in outcome.idle)
    if accused:
        accused = frozenset(path for path, task in named.items() if task.source.path in accused)
        heard = witnesses(accused)
        if heard is None:
            return [replace(outcome, idle=()) for outcome in outcomes]
        used = _needed((stray for witness in heard for stray in witness.elsewhere), named)
        outcomes = [_without(outcome, used) for outcome in outcomes]
    return list(outcomes)


def _at_home(outcomes: Sequence[Outcome], named: Mapping[str, Task]) -> Iterator[Outcome]:
    names = {absolute: task.source.path for absolute, task in named.items()}
    home = [
        replace(outcome, diagnostics=tuple(_renamed(one, names) for one in outcome.diagnostics), elsewhere=())
        for outcome in outcomes
    ]
    told = {_cause(finding) for outcome in home for finding in outcome.diagnostics}
    strangers: dict[str, list[Diagnostic]] = {}
    undecided = False
    for outcome in outcomes:
        undecided |= outcome.undecided and bool(outcome.elsewhere)
        for finding in outcome.elsewhere:
            renamed = _renamed(finding, names)
            if (
                finding.filename in named
                and finding.code in named[finding.filename].codes
                and _cause(renamed) not in told
            ):
                told.add(_cause(renamed))
                strangers.setdefault(finding.filename, []).append(renamed)
    used = _needed((stray for outcome in outcomes for stray in outcome.elsewhere), named)
    for outcome in home:
        yield _without(outcome, used)
    for absolute, findings in sorted(strangers.items()):
        yield Outcome(_settled(findings, named[absolute]).findings, undecided=undecided)


Place = tuple[str, int, int]


def _needed(strays: Iterable[Diagnostic], named: Mapping[str, Task]) -> frozenset[Place]:
    """The places of the suppressions that findings from elsewhere need, by the names of their files."""
    by_file: dict[str, list[Diagnostic]] = {}
    for stray in strays:
        if stray.filename in named and stray.code in named[stray.filename].codes:
            by_file.setdefault(stray.filename, []).append(stray)
    return frozenset(
        (named[absolute].source.path, *place)
        for absolute, findings in by_file.items()
        for place in _settled(findings, named[absolute]).used
    )


def _settled(findings: Sequence[Diagnostic], task: Task) -> Settled:
    return settled(findings, task, decode(task.source.read()))


def _without(outcome: Outcome, used: frozenset[Place]) -> Outcome:
    idle = tuple(one for one in outcome.idle if (one.filename, one.span.row, one.span.column) not in used)
    return replace(outcome, idle=idle)


def _strays(outcome: Outcome) -> bool:
    return any(os.path.isabs(stop.span.filename) for one in outcome.diagnostics for stop in one.stops)


def _cause(finding: Diagnostic) -> tuple[str, Span, str | None]:
    return finding.code[:4], finding.span, finding.weight


def _renamed(finding: Diagnostic, names: Mapping[str, str]) -> Diagnostic:
    """The finding with every file called as the user called it."""

    def span(given: Span) -> Span:
        if not os.path.isabs(given.filename):
            return given
        return replace(given, filename=names.get(given.filename) or shown(given.filename))

    stops = tuple(replace(stop, span=span(stop.span)) for stop in finding.stops)
    return replace(finding, span=span(finding.span), stops=stops)
