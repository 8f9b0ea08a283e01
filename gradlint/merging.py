"""One list of findings out of two runs: what holds on both Kerases, and what on one of them only."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace

from gradlint.diagnostics import Diagnostic, Remedy, Severity
from gradlint.run import Dialect, Role, Span

RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
NAME = {Dialect.KERAS_2: "Keras 2", Dialect.KERAS_3: "Keras 3"}


def merge(on_keras_2: Iterable[Diagnostic], on_keras_3: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings of a file whose dialect is open.

    What both runs find at one place for one weight is one finding. What only one finds is a note that names the
    dialect, unless the weight is broken in the other as well, for another cause: then it is broken whatever the
    project uses, and both causes keep their severity.
    """
    first, second = list(on_keras_2), list(on_keras_3)
    broken = {_weight(one) for one in first if _alarming(one)} & {_weight(one) for one in second if _alarming(one)}
    for key in (_exact, _family):
        yield from _pairs(first, second, key)
    for alone in (*first, *second):
        yield _of_one_dialect(alone, demoted=_weight(alone) not in broken)


def _pairs(
    first: list[Diagnostic], second: list[Diagnostic], key: Callable[[Diagnostic], Hashable]
) -> Iterator[Diagnostic]:
    """Takes the findings that have a partner out of both lists."""
    waiting: dict[Hashable, list[Diagnostic]] = {}
    for candidate in second:
        waiting.setdefault(key(candidate), []).append(candidate)
    for one in tuple(first):
        partners = waiting.get(key(one))
        if partners:
            other = partners.pop(0)
            first.remove(one)
            second.remove(other)
            yield _joined(one, other)


def _joined(one: Diagnostic, other: Diagnostic) -> Diagnostic:
    if _alarming(one) != _alarming(other):
        return _of_one_dialect(one if _alarming(one) else other, demoted=True)
    weaker = min(one.severity, other.severity, key=RANK.__getitem__)
    return replace(one, dialect=Dialect.ANY, severity=weaker, remedies=_remedies(one, other))


def _remedies(one: Diagnostic, other: Diagnostic) -> tuple[Remedy, ...]:
    if [remedy.words for remedy in one.remedies] == [remedy.words for remedy in other.remedies]:
        return tuple(replace(remedy, dialect=Dialect.ANY) for remedy in one.remedies)
    return (*one.remedies, *other.remedies)


def _of_one_dialect(alone: Diagnostic, demoted: bool) -> Diagnostic:
    return replace(
        alone,
        severity=Severity.NOTE if demoted else alone.severity,
        message=f"on {NAME[alone.dialect]}: {alone.message}",
    )


def _alarming(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity is not Severity.NOTE


def _exact(diagnostic: Diagnostic) -> Hashable:
    return diagnostic.code, diagnostic.span, diagnostic.weight


def _family(diagnostic: Diagnostic) -> Hashable:
    span = diagnostic.span
    return diagnostic.code[:4], span.filename, span.cell, span.row, diagnostic.weight


def _weight(diagnostic: Diagnostic) -> tuple[str | None, Span | str]:
    created = next((stop.span for stop in diagnostic.stops if stop.role is Role.CREATED), None)
    return diagnostic.weight, created or diagnostic.enclosing.rpartition(".")[0]
