"""What the fixtures expect, and what the static half and the probe say, in one shape that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradlint import rules
from gradlint.diagnostics import Diagnostic, Severity
from gradlint.probe.child import probed
from gradlint.probe.options import ProbeOptions
from gradlint.run import Dialect, Role, Span
from gradlint.static import analyse_source
from tests.tape import DIALECT, ask, is_script, run_source

FOLDER = Path(__file__).parents[1] / "fixtures"
STATUSES = re.compile(r"^# keras(\d): (.*)$", re.MULTILINE)
EXPECTED = re.compile(r"# (expect|probe|static): ([^#]*)")
ONE_EXPECTED = re.compile(r"keras(\d) (GRD\d+) (.+)")
FAMILIES = ("GRD1", "GRD2", "GRD3", "GRD4")
ANY_OF_A_LAYER = "any weight of a layer"


@dataclass(frozen=True, order=True)
class Verdict:
    """A weight, what ended its gradient, and the rows where that may be said."""

    weight: str
    """Its name; `ANY_OF_A_LAYER` where the static half tells of a stock layer's weights together."""
    code: str
    rows: frozenset[int]

    @property
    def family(self) -> str:
        """`GRD1` for `GRD101`."""
        return self.code[:4]

    def agrees(self, other: Verdict) -> bool:
        """The same weight and family, at a row that both name."""
        weights = {self.weight, other.weight}
        same = len(weights) == 1 or ANY_OF_A_LAYER in weights
        return same and self.family == other.family and bool(self.rows & other.rows)

    def __str__(self) -> str:
        return f"{self.code} {self.weight} at {'/'.join(map(str, sorted(self.rows)))}"


@dataclass(frozen=True)
class Fixture:
    """A program with what is expected of it in one dialect; `statuses` is None where it does not run."""

    path: Path
    text: str
    statuses: dict[str, str] | None
    verdicts: tuple[Verdict, ...]
    """What the static half says."""
    probed: tuple[Verdict, ...]
    """What the probe says."""


def fixture_paths() -> list[Path]:
    """All programs, by name."""
    return sorted(FOLDER.glob("*.py"))


def read_fixture(path: Path, dialect: str) -> Fixture:
    """A program and its comments for one dialect."""
    text = path.read_text()
    declared = dict(STATUSES.findall(text))[dialect]
    statuses = None if declared == "error" else dict(item.split() for item in declared.split(", "))
    verdicts: dict[str, list[Verdict]] = {"expect": [], "probe": [], "static": []}
    for row, line in enumerate(text.splitlines(), 1):
        items = [(said, item) for said, several in EXPECTED.findall(line) for item in several.strip().split("; ")]
        for said, item in items:
            one = ONE_EXPECTED.fullmatch(item)
            assert one, f"{path.name}:{row} has no code and weights: {item}"
            if one[1] == dialect:
                verdicts[said] += [Verdict(weight, one[2], frozenset({row})) for weight in one[3].split(", ")]
    both = tuple(verdicts["expect"])
    return Fixture(path, text, statuses, (*both, *verdicts["static"]), (*both, *verdicts["probe"]))


def rows_of(diagnostic: Diagnostic) -> frozenset[int]:
    """The row of a finding, and of the stop where a helper made the cut."""
    return frozenset({diagnostic.span.row, *(stop.span.row for stop in diagnostic.stops if stop.role is Role.CUT)})


def alarms(
    diagnostics: Iterable[Diagnostic], names: dict[tuple[str, Span | None], str], notes: bool = False
) -> list[Verdict]:
    """The findings that end a journey, by the names that the weights were created with."""

    def name(found: Diagnostic) -> str:
        label = found.weight or ""
        created = (stop.span for stop in found.stops if stop.role is Role.CREATED)
        known = names.get((label, next(created, None)), names.get((label, None)))
        return known or last_part(label)

    return sorted(
        {
            Verdict(name(found), found.code, rows_of(found))
            for found in diagnostics
            if found.code.startswith(FAMILIES)
            and (notes or found.severity is not Severity.NOTE or found.code == "GRD301")
        },
        key=str,
    )


def last_part(label: str) -> str:
    """`mu` for `self.mu` and `mean` for `density/mean:0`."""
    return re.split(r"[./]", label.split(":")[0])[-1]


def static_verdicts(text: str, filename: str, dialect: str, notes: bool = False) -> list[Verdict]:
    """What the source alone says."""
    (run,) = analyse_source(text, filename, (Dialect(dialect),)).runs
    weights = [journey.weight for journey in run.journeys if journey.weight.name]
    names = {
        (weight.label, place): ANY_OF_A_LAYER if weight.of_layer else weight.name
        for weight in weights
        for place in (weight.created, None)
    }
    return alarms(rules.one_for_each_cause(rules.check(run)), names, notes)


def probe_verdicts(text: str, filename: str) -> list[Verdict]:
    """What the running program says. All of it runs as the factory: programs compute at module level."""
    import gradlint

    if is_script(text):
        return alarms(probed(ProbeOptions(target=filename)).diagnostics, {})
    program: dict[str, Any] = {}

    def factory() -> Any:
        program.update(run_source(text, filename))
        return program["make_model"]()

    probe: Any = gradlint.probe
    own = re.search(r"^def loss\(", text, re.MULTILINE)
    loss = (lambda model, values: program["loss"](model, values)) if own else None
    report = probe(factory, inputs=lambda: program["inputs"](), loss=loss)
    variables = [*report.variables, *report.untracked]
    return alarms(report.diagnostics, {(variable.path, None): last_part(variable.name) for variable in variables})


def differences(expected: Iterable[Verdict], found: Iterable[Verdict]) -> list[str]:
    """What is missing and what is too much."""
    expected, found = list(expected), list(found)
    return [
        *(f"missed {one}" for one in expected if not any(one.agrees(other) for other in found)),
        *(f"false {one}" for one in found if not any(one.agrees(other) for other in expected)),
    ]


def disagreements(fixture: Fixture) -> list[str]:
    """Where the tape, the static half and the probe do not say what the comments of a program do."""
    wrong = []
    if fixture.statuses is not None:
        asked = ask(fixture.text, str(fixture.path))
        if asked != fixture.statuses:
            wrong.append(f"the tape says {asked}, the comment {fixture.statuses}")
    static = static_verdicts(fixture.text, str(fixture.path), DIALECT)
    wrong += [f"static: {each}" for each in differences(fixture.verdicts, static)]
    if fixture.statuses is not None:
        probed = probe_verdicts(fixture.text, str(fixture.path))
        wrong += [f"probe: {each}" for each in differences(fixture.probed, probed)]
        for mine in static:
            for other in probed:
                if mine.agrees(other) and mine.code != other.code:
                    print(f"{fixture.path.stem}: static says {mine}, the probe {other}")
    return wrong
