"""No false alarm: a probe of every stock model and layer of Keras and TFP, which are healthy.

    python -m benchmarks.stock_models [--only WORD]… [--keep FILE] [--table]

Probes each model in the smallest size that it takes, once with Keras 2 and once with Keras 3, and writes the table
beside this file (not with `--only`). `--keep` notes each outcome in a file and probes nothing again that stands there:
all of them take an hour and, for the largest, 10 GB. Exits with 1 if anything was found, or if a model could not be
probed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TABLE = Path(__file__).with_suffix(".md")
DIALECTS = {"2": "1", "3": "0"}
PREFACE = """\
# Stock models under the probe

Written by `python -m benchmarks.stock_models`, with TensorFlow {version}. Every model is healthy, so that each finding
would be a false alarm. A zero is a gradient whose every number is zero on this batch; it is listed and is no finding.

"""
Row = dict[str, Any]


def main() -> int:
    """Probe what is not known yet, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="models whose name holds it")
    parser.add_argument("--keep", metavar="FILE", help="where to note outcomes, one a line")
    parser.add_argument("--table", action="store_true", help="probe nothing, write the table of what --keep holds")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(given.keep or os.path.join(folder, "outcomes"))
        if given.here:
            probe_here(given.only, kept)
            return 0
        for keras, legacy in () if given.table else DIALECTS.items():
            command = [sys.executable, "-m", "benchmarks.stock_models", "--here", "--keep", str(kept)]
            command += [part for word in given.only for part in ("--only", word)]
            print(f"Keras {keras}", flush=True)
            subprocess.run(command, check=True, env={**os.environ, "TF_USE_LEGACY_KERAS": legacy})
        rows = read(kept)
    text = "\n".join(table(rows)) + "\n"
    if given.only:
        print(text)
    else:
        TABLE.write_text(text, encoding="utf-8")
    return int(any(row["findings"] or row["failed"] for row in rows))


def read(kept: Path) -> list[Row]:
    """The outcomes so far."""
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def probe_here(words: list[str], kept: Path) -> None:
    """Probe with the Keras of this process, which is chosen when TensorFlow is imported."""
    import gradlint
    from tests.probe import stock
    from tests.probe.dialect import KERAS

    known = {(row["keras"], row["model"]) for row in read(kept)}
    there = len(stock.all_models())
    for name, (factory, inputs) in stock.all_models().items():
        if (KERAS, name) in known or (words and not any(word.lower() in name.lower() for word in words)):
            continue
        row: Row = {
            "keras": KERAS,
            "model": name,
            "variables": 0,
            "findings": [],
            "zeros": 0,
            "failed": "",
            "of": there,
        }
        start = time.perf_counter()
        try:
            found = stock.outcome(factory, inputs)
            row.update(variables=found.variables, findings=list(found.alarms), zeros=found.zeros)
        except gradlint.probe.ProbeError as error:
            row["failed"] = str(error)
        row["seconds"] = round(time.perf_counter() - start, 1)
        print(
            f"  {name}: {row['variables']} variables, {row['seconds']} s", row["failed"], *row["findings"], flush=True
        )
        with kept.open("a") as file:
            file.write(json.dumps(row) + "\n")
        gc.collect()


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The table, as Markdown."""
    import tensorflow as tf

    rows = list(rows)
    yield from PREFACE.format(version=tf.__version__).splitlines()
    yield "| Keras | models | variables | findings | zeros | seconds |"
    yield "|---|---|---|---|---|---|"
    for keras in DIALECTS:
        yield summed(f"{keras}", [row for row in rows if row["keras"] == keras])
    for keras in DIALECTS:
        yield from (
            "",
            f"## Keras {keras}",
            "",
            "| model | variables | findings | zeros | seconds |",
            "|---|---|---|---|---|",
        )
        for row in rows:
            if row["keras"] == keras:
                found = f"could not be probed: {row['failed']}" if row["failed"] else str(len(row["findings"]))
                yield f"| {row['model']} | {row['variables']} | {found} | {row['zeros']} | {row['seconds']:.1f} |"


def summed(title: str, rows: list[Row]) -> str:
    """One line for many models."""
    findings = sum(len(row["findings"]) for row in rows)
    counts = [sum(row[key] for row in rows) for key in ("variables", "zeros", "seconds")]
    there = max((row.get("of", 0) for row in rows), default=0)
    return f"| {title} | {len(rows)} of {there} | {counts[0]:,} | {findings} | {counts[1]} | {counts[2]:.0f} |"


if __name__ == "__main__":
    sys.exit(main())
