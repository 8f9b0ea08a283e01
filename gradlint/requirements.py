"""What requirements on TensorFlow and Keras say about the Keras that a project runs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gradlint.run import Dialect

TENSORFLOW = frozenset(
    {
        "intel-tensorflow",
        "tensorflow",
        "tensorflow-aarch64",
        "tensorflow-base",
        "tensorflow-cpu",
        "tensorflow-cpu-aws",
        "tensorflow-gpu",
        "tensorflow-intel",
        "tensorflow-macos",
        "tensorflow-rocm",
    }
)
"""Distributions of TensorFlow, also as conda calls them."""
KERAS, KERAS_2 = "keras", frozenset({"tf-keras", "tf-keras-nightly"})
NAMED = TENSORFLOW | KERAS_2 | {KERAS}
SPECIFIER = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?"
    r"\s*\(?(?P<bounds>[<>=!~^*|\d][^;#@)]*)?\)?\s*(?P<rest>[;#@].*)?$"
)
BOUND = re.compile(r"(===|==|~=|<=|>=|!=|<|>|=|\^|~|(?:^|(?<=[\s,]))(?=v?\d))\s*v?(\d+(?:\.\d+)*)(\.\*|\*)?")
Version = tuple[int, int, int, int]
LOWEST, HIGHEST = (0, 0, 0, 0), (10**6, 0, 0, 0)
TENSORFLOW_WITH_KERAS_3, FIRST_KERAS_3 = (2, 16, 0, 0), (3, 0, 0, 0)


@dataclass(frozen=True)
class Requirement:
    """One requirement: a name in its normal form and the version bounds as they are written.

    `conditional` is true if it holds on some machines only; `alternatives` are bounds joined by `||`.
    """

    name: str
    bounds: str = ""
    extras: str = ""
    conditional: bool = False


def requirement(text: str) -> Requirement | None:
    """A requirement as PEP 508 or conda writes it; None for what is none."""
    found = SPECIFIER.match(text)
    if not found:
        return None
    marked = (found["rest"] or "").startswith(";")
    return Requirement(normal(found["name"]), (found["bounds"] or "").strip(), found["extras"] or "", marked)


def requirements_in(texts: Iterable[str]) -> list[Requirement]:
    """Those texts that are requirements."""
    return [found for found in map(requirement, texts) if found is not None]


def normal(name: str) -> str:
    """A distribution's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_a_keras(requirements: Iterable[Requirement]) -> bool:
    """Whether anything here bears on the dialect."""
    return any(one.name in NAMED for one in requirements)


def dialect_of(requirements: Iterable[Requirement], locked: bool = False, legacy: bool = False) -> Dialect | None:
    """The dialect that requirements settle; None where they leave it open or disagree.

    `locked` ones are what an installer chose, so that a Keras among them may be there for TensorFlow's sake only;
    `legacy` says that `TF_USE_LEGACY_KERAS` is set.

    >>> dialect_of(requirements_in(["tensorflow>=2.10,<2.16"]))
    <Dialect.KERAS_2: '2'>
    >>> dialect_of(requirements_in(["tensorflow>=2.10"]))
    """
    requirements = list(requirements)
    names = {one.name for one in requirements}
    brings_keras_2 = bool(names & KERAS_2) or any(
        one.name == "tensorflow-probability" and "tf" in re.split(r"[,\s]+", one.extras) for one in requirements
    )
    said = set()
    if legacy or (names & KERAS_2 and KERAS not in names):
        said.add(Dialect.KERAS_2)
    tensorflow = list(_allowed(one for one in requirements if one.name in TENSORFLOW))
    if tensorflow and all(each.high <= TENSORFLOW_WITH_KERAS_3 for each in tensorflow):
        said.add(Dialect.KERAS_2)
    elif tensorflow and not brings_keras_2 and not legacy and all(map(_pinned_to_keras_3, tensorflow)):
        said.add(Dialect.KERAS_3)
    keras = list(_allowed(one for one in requirements if one.name == KERAS))
    own = not locked or (bool(tensorflow) and not legacy)
    if keras and all(each.high <= FIRST_KERAS_3 for each in keras):
        said.add(Dialect.KERAS_2)
    elif keras and own and not brings_keras_2 and all(each.low >= FIRST_KERAS_3 for each in keras):
        said.add(Dialect.KERAS_3)
    return said.pop() if len(said) == 1 else None


def _pinned_to_keras_3(allowed: Interval) -> bool:
    return allowed.pinned and allowed.low >= TENSORFLOW_WITH_KERAS_3


@dataclass(frozen=True)
class Interval:
    """The versions that bounds allow: from `low`, below `high`. `pinned` if they are meant to name one release."""

    low: Version = LOWEST
    high: Version = HIGHEST
    pinned: bool = False

    def within(self, other: Interval) -> Interval:
        """What both allow."""
        return Interval(max(self.low, other.low), min(self.high, other.high), self.pinned or other.pinned)


def _allowed(requirements: Iterable[Requirement]) -> Iterator[Interval]:
    """The intervals that may hold: conditional requirements are alternatives, all others hold together."""
    common: list[Interval] = []
    alternatives: list[Interval] = []
    for one in requirements:
        parts = [interval(part) for part in re.split(r"\s*\|\|?\s*", one.bounds)]
        if one.conditional or len(parts) > 1:
            alternatives += parts
        else:
            common += parts
    whole = Interval()
    for each in common:
        whole = whole.within(each)
    if alternatives:
        yield from (whole.within(each) for each in alternatives)
    elif common:
        yield whole


def interval(bounds: str) -> Interval:
    """The versions that bounds allow, as pip, conda or Poetry write them; what is not understood allows everything.

    >>> interval("~=2.15.0").high
    (2, 16, 0, 0)
    """
    allowed = Interval()
    for operator, digits, wild in BOUND.findall(bounds):
        parts = [int(part) for part in digits.split(".")][:3]
        allowed = allowed.within(_interval(operator, parts, bool(wild) or operator == "="))
    return allowed


def _interval(operator: str, parts: Sequence[int], prefix: bool) -> Interval:
    at = _version(parts)
    if operator in (">=", ">"):
        return Interval(low=at)
    if operator == "<":
        return Interval(high=at)
    if operator == "<=":
        return Interval(high=_after(at))
    if operator == "!=":
        return Interval()
    if operator == "~=":
        return Interval(at, _next(parts[:-1]) if len(parts) > 1 else HIGHEST, pinned=True)
    if operator == "~":
        return Interval(at, _next(parts[:2]), pinned=True)
    if operator == "^":
        return Interval(at, _next(parts[:1]))
    return Interval(at, _next(parts) if prefix else _after(at), pinned=True)


def _version(parts: Sequence[int]) -> Version:
    major, minor, micro = (*parts, 0, 0)[:3]
    return major, minor, micro, 0


def _after(version: Version) -> Version:
    """Just above a version."""
    return (*version[:3], 1)


def _next(parts: Sequence[int]) -> Version:
    """The first version that does not begin so."""
    return _version([*parts[:-1], parts[-1] + 1])


def from_poetry(name: str, value: object) -> Iterator[Requirement]:
    """The requirements of one entry in a table of Poetry, Pipenv or Pixi."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            bounds, conditional, extras = each, False, ""
        elif isinstance(each, dict):
            bounds = str(each.get("version", ""))
            conditional = isinstance(value, list) or bool({"markers", "python", "platform"} & each.keys())
            listed = each.get("extras")
            extras = ",".join(map(str, listed)) if isinstance(listed, list) else ""
        else:
            continue
        yield replace(Requirement(normal(name), bounds), conditional=conditional, extras=extras)
