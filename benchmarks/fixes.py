"""How many programs whose weights are frozen get a fix.

    python benchmarks/fixes.py [FOLDER ...] [--write]

A FOLDER holds programs: files, or folders with a `program.py` and what it imports; without any, the fixtures of this
project are looked through. A program counts if it has an error of GRD1, GRD108 apart, on the Keras that is asked for;
it has a safe fix if one of those errors has one. `--write` renews the table in the report beside this file.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory

from gradlint.check import Options, check_paths
from gradlint.diagnostics import Applicability, Severity
from gradlint.run import Dialect
from gradlint.static import forget_files

ROOT = Path(__file__).parents[1]
REPORT = Path(__file__).with_suffix(".md")
TABLE = re.compile(r"(?<=\n\n)\| programs \|(?:.*\|\n)+")
NOT_IN_SETUP = "GRD108"
SAFE, UNSAFE, NONE = "safe", "unsafe", "none"


def programs_in(folder: Path) -> Iterator[Path]:
    """The programs of a folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" or (path / "program.py").is_file():
            yield path


def answer(job: tuple[Path, Dialect]) -> str | None:
    """Which fix a program is offered; None if no weight of it is frozen."""
    path, keras = job
    forget_files()
    with TemporaryDirectory() as folder:  # what lies beside a program may be taken for its project
        place = Path(folder) / path.name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, place)
        found = check_paths([str(place)], Options(keras=keras, isolated=True, fixes=True)).diagnostics
    frozen = [one for one in found if one.code.startswith("GRD1") and one.code != NOT_IN_SETUP]
    errors = [one for one in frozen if one.severity is not Severity.NOTE]
    if not errors:
        return None
    offered = {one.fix.applicability for one in errors if one.fix is not None}
    return SAFE if Applicability.SAFE in offered else UNSAFE if offered else NONE


def rows(folders: list[Path]) -> Iterator[str]:
    """The lines of the table."""
    yield "| programs | Keras | frozen | with a safe fix | with an unsafe one only | with any |"
    yield "|---|---|---|---|---|---|"
    with Pool(2) as pool:
        for folder in folders:
            for keras in (Dialect.KERAS_2, Dialect.KERAS_3):
                jobs = [(path, keras) for path in programs_in(folder)]
                counted = Counter(pool.map(answer, jobs))
                frozen = counted[SAFE] + counted[UNSAFE] + counted[NONE]
                share = 100 * (frozen - counted[NONE]) / max(frozen, 1)
                cells = (folder.name, keras.value, frozen, counted[SAFE], counted[UNSAFE], f"{share:.0f} %")
                yield f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Measure, print the table, and write it if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "fixtures"])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    table = "".join(f"{row}\n" for row in rows(given.folders))
    print(table, end="")
    if given.write:
        text = REPORT.read_text(encoding="utf-8")
        if TABLE.search(text) is None:
            parser.error(f"{REPORT.name} has no table of programs")
        REPORT.write_text(TABLE.sub(lambda _: table, text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
