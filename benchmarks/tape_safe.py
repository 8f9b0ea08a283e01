"""GRD108 on TensorFlow Probability's own history: does it tell what its authors had to rebuild?

    python benchmarks/tape_safe.py CLONE [--write]

In 2019 TFP turned constructors that froze their arguments into constructors that keep them. CLONE is a clone of
tensorflow/probability with its history. For every class whose `__init__` a commit gave its first
`convert_nonref_to_tensor`, or took a conversion away from, the rule is asked about the file before and after. It is to
be guilty before and silent after. `--write` renews the table beside this file. What was read of each disagreement
stands in `READ`. Exits with 1 where the goal is missed.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradlint.rules import check
from gradlint.run import Dialect
from gradlint.static import analyse_source

GOAL = 0.9
FOLDERS = ("distributions", "bijectors", "math/psd_kernels", "positive_semidefinite_kernels", "experimental", "sts")
ROOT = "tensorflow_probability/python"
KEEPING = {"convert_nonref_to_tensor", "convert_immutable_to_tensor"}
CONVERTING = {"convert_to_tensor", "identity"}
SPAN = ("--since=2019-05-01", "--until=2023-01-01", "--no-merges")

NO_FLOAT = "no pair: what was rebuilt is no float"
KEPT = "no pair: the parent keeps its arguments as well"
UNTOUCHED = "no pair: the child freezes the same arguments as its parent"
RIGHT = "the rule is right"
MISSED = "missed"

READ = {
    ("f00d7b63a", "Cumsum"): (NO_FLOAT, "an axis"),
    ("c4ee9efca", "Independent"): (NO_FLOAT, "a number of dimensions"),
    ("17d273b97", "Permute"): (NO_FLOAT, "a permutation"),
    ("31269ca86", "Transpose"): (NO_FLOAT, "a permutation and a number of dimensions"),
    ("f98894320", "Reshape"): (NO_FLOAT, "shapes"),
    ("fb30425a7", "Sample"): (NO_FLOAT, "a shape"),
    ("3faf9844e", "BatchReshape"): (NO_FLOAT, "a shape"),
    ("658fe0285", "TransformedDistribution"): (NO_FLOAT, "shapes"),
    ("f5b431bb8", "TransformedDistribution"): (NO_FLOAT, "shapes, once more after a rollback"),
    ("c71b5c503", "KumaraswamyTransformed"): (KEPT, "`self._concentration1 = concentration1`"),
    ("b7b908d9d", "_HeavyTailOnly"): (KEPT, "`self._tailweight = tailweight`"),
    ("5699521b7", "HighwayFlow"): (KEPT, "`self._bias = bias`, and a constructor that raised"),
    ("1b604e16e", "Sigmoid"): (KEPT, "`low` and `high` are new"),
    ("f6f6c73da", "Constant"): (KEPT, "`DeferredTensor(constant, tf.math.sqrt)`"),
    ("200200a68", "GaussianProcessRegressionModel"): (KEPT, "a helper for nested tensors takes over"),
    ("4004bfaf5", "VectorSinhArcsinhDiag"): (UNTOUCHED, "the commit rebuilds `SinhArcsinh`"),
    ("21e3d005a", "Wishart"): (
        RIGHT,
        "the child still computes `tf.linalg.cholesky(scale)` once; `scale` was deprecated",
    ),
    ("33a7f6235", "MultivariateNormalDiag"): (MISSED, "a helper of another module adds two arguments"),
    ("f82e37efc", "Autoregressive"): (MISSED, "what a function that was given returned was kept"),
    ("6bd6c5950", "LogLogistic"): (
        RIGHT,
        "converted the safe way, and then `tf.math.log(self.scale)` was given to the base class",
    ),
}


@dataclass(frozen=True)
class Pair:
    """A class before and after a commit, and where the rule is guilty of it."""

    date: str
    commit: str
    path: str
    name: str
    parent: tuple[tuple[int, str], ...]
    child: tuple[tuple[int, str], ...]

    @property
    def as_wanted(self) -> bool:
        """Guilty before, silent after."""
        return bool(self.parent) and not self.child


def main() -> int:
    """Ask about every pair, print the table, and say whether the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--write", action="store_true", help="renew benchmarks/tape_safe.md")
    given = parser.parse_args()
    found = sorted(pairs(History(given.clone)), key=lambda pair: (pair.date, pair.commit, pair.path, pair.name))
    text = "\n".join(table(found)) + "\n"
    print(text, end="")
    if given.write:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    unread = [pair for pair in found if not pair.as_wanted and (pair.commit, pair.name) not in READ]
    for pair in unread:
        print(f"not read yet: {pair}")
    return 0 if not unread and share(found) >= GOAL else 1


def table(found: list[Pair]) -> Iterator[str]:
    """The report as Markdown."""
    counted = [pair for pair in found if not said(pair).startswith("no pair")]
    wanted = sum(pair.as_wanted for pair in counted)
    yield "# GRD108 on the history of TensorFlow Probability"
    yield ""
    yield "Made by `python benchmarks/tape_safe.py CLONE --write`, which says what it compares."
    yield ""
    others = len(found) - len(counted)
    yield f"{len(found)} classes were rebuilt; {others} of them are no pair, as said in the last column."
    yield f"Of the other {len(counted)} the rule is guilty before and silent after in {wanted} ({share(found):.0%})."
    yield ""
    yield "| date | commit | class | before: line and argument | after | read |"
    yield "|---|---|---|---|---|---|"
    for pair in found:
        file = pair.path.removeprefix(f"{ROOT}/")
        cells = (pair.date, f"`{pair.commit}`", f"`{pair.name}` in `{file}`", places(pair.parent), places(pair.child))
        yield f"| {' | '.join(cells)} | {': '.join(READ.get((pair.commit, pair.name), ()))} |"


def said(pair: Pair) -> str:
    """The verdict of whoever read a pair."""
    return READ.get((pair.commit, pair.name), ("",))[0]


def share(found: list[Pair]) -> float:
    """The share of true pairs that are as wanted."""
    counted = [pair for pair in found if not said(pair).startswith("no pair")]
    return sum(pair.as_wanted for pair in counted) / max(len(counted), 1)


def places(found: tuple[tuple[int, str], ...]) -> str:
    """`12 loc, 13 scale`."""
    return ", ".join(f"{row} `{parameter}`" for row, parameter in found) or "silent"


# --- the history ----------------------------------------------------------------------------------------------


class History:
    """A clone, asked by git."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self._guilty: dict[str, dict[str, tuple[tuple[int, str], ...]]] = {}

    def git(self, *arguments: str) -> str | None:
        """What git prints; None if it refuses."""
        done = subprocess.run(["git", "-C", str(self.clone), *arguments], capture_output=True, check=False)
        return done.stdout.decode(errors="replace") if done.returncode == 0 else None

    def commits(self) -> list[str]:
        """The commits that touch a keeping conversion, or say that they are about the tape."""
        files = [f"{ROOT}/{folder}/*.py" for folder in FOLDERS]
        touching = self.git("log", *SPAN, "--format=%H", f"-G{'|'.join(sorted(KEEPING))}", "--", *files)
        telling = self.git("log", *SPAN, "--format=%H", "-i", "-E", "--grep=tape.?saf|TF2.?saf|variable.?saf")
        return sorted({*(touching or "").split(), *(telling or "").split()})

    def guilty(self, revision: str, path: str, text: str) -> dict[str, tuple[tuple[int, str], ...]]:
        """For each class of a file the rows and parameters that the rule names."""
        key = f"{revision}:{path}"
        if key not in self._guilty:
            analysis = analyse_source(text, path, (Dialect.KERAS_2,), constructors=True)
            found: dict[str, list[tuple[int, str]]] = {}
            for finding in (one for run in analysis.runs for one in check(run, ["GRD108"])):
                owner = finding.stops[0].function.partition(".")[0]
                found.setdefault(owner, []).append((finding.span.row, finding.weight or ""))
            self._guilty[key] = {name: tuple(sorted(rows)) for name, rows in found.items()}
        return self._guilty[key]


def pairs(history: History) -> Iterator[Pair]:
    """Every class whose constructor a commit rebuilt."""
    for commit in history.commits():
        listed = (history.git("show", "--name-only", "--date=short", "--format=%ad", commit) or "").split()
        date, paths = listed[0], listed[1:]
        for path in paths:
            if path.endswith(".py") and not path.endswith("_test.py") and path.startswith(tuple(folders())):
                before, after = history.git("show", f"{commit}~:{path}"), history.git("show", f"{commit}:{path}")
                if before is not None and after is not None:
                    yield from _compared(history, date, commit, path, before, after)


def folders() -> Iterator[str]:
    """Where classes are looked for."""
    return (f"{ROOT}/{folder}/" for folder in FOLDERS)


def _compared(history: History, date: str, commit: str, path: str, before: str, after: str) -> Iterator[Pair]:
    old, new = constructors(before), constructors(after)
    for name in sorted(old.keys() & new.keys()):
        if ast.dump(old[name]) == ast.dump(new[name]):
            continue
        pair = Pair(
            date,
            commit[:9],
            path,
            name,
            history.guilty(f"{commit}~", path, before).get(name, ()),
            history.guilty(commit, path, after).get(name, ()),
        )
        first_kept = not calls(old[name], KEEPING) and calls(new[name], KEEPING)
        if first_kept or calls(new[name], CONVERTING) < calls(old[name], CONVERTING) or pair.as_wanted:
            yield pair


def constructors(text: str) -> dict[str, ast.FunctionDef]:
    """The `__init__` of each class of a module."""
    return {
        node.name: member
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
        for member in node.body
        if isinstance(member, ast.FunctionDef) and member.name == "__init__"
    }


def calls(function: ast.FunctionDef, names: set[str]) -> int:
    """How often functions of these names are called."""
    called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return sum((one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")) in names for one in called)


if __name__ == "__main__":
    sys.exit(main())
