"""How long `gradlint check` takes for the installed TensorFlow Probability, beside its peers in the same run.

    python benchmarks/static.py [--runs 3] [--path FOLDER]

Seconds depend on the machine, so each is also given as a ratio to pyflakes over the same files. Peak memory is that
of the biggest process, and every run is a new process without any cache. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

SECONDS, MEGABYTES = 2.0, 200.0
"""The goals for gradlint on two processors."""


def main() -> int:
    """Measure, print a table, and say whether the goals are reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    folder = given.path or installed("tensorflow_probability")
    gradlint = [sys.executable, "-m", "gradlint", "check", str(folder), "--isolated", "--exit-zero", "-q"]
    commands = {
        "gradlint, 2 processes": [*gradlint, "--no-cache", "--jobs", "2"],
        "gradlint, 1 process": [*gradlint, "--no-cache", "--jobs", "1"],
        "pyflakes": [sys.executable, "-m", "pyflakes", str(folder)],
    }
    ruff = shutil.which("ruff", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]))
    if ruff:
        commands["ruff --select F"] = [ruff, "check", str(folder), "--select", "F", "--no-cache", "--isolated", "-q"]
    if importlib.util.find_spec("pyflakes") is None:
        del commands["pyflakes"]
    files = list(folder.rglob("*.py"))
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{folder.name}: {len(files):,} files, {size:.1f} MB, median of {given.runs}")
    measured = {name: measure(command, given.runs) for name, command in commands.items()}
    peer = measured.get("pyflakes", (None, 0.0))[0]
    for name, (seconds, megabytes) in measured.items():
        ratio = f"{seconds / peer:6.2f} x pyflakes" if peer else ""
        print(f"{name:<24}{seconds:8.2f} s {megabytes:8.0f} MB  {ratio}")
    seconds, megabytes = measured["gradlint, 2 processes"]
    reached = seconds < SECONDS and megabytes < MEGABYTES
    print(f"goal: under {SECONDS} s and {MEGABYTES:.0f} MB: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


def installed(package: str) -> Path:
    """The folder of an installed package, which is not imported for that."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(f"{package} is not installed: name a folder with --path")
    return Path(found.origin).parent


def measure(command: list[str], runs: int) -> tuple[float, float]:
    """The median time of some runs in seconds, and the peak memory of their biggest process in megabytes."""
    times, peak = [], 0.0
    for _ in range(runs):
        start = time.perf_counter()
        # a process of its own for each run: a process knows the peak of all its children only
        code = f"import resource, subprocess; subprocess.run({command!r}, stdout=-3, stderr=-3); "
        code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        times.append(time.perf_counter() - start)
        peak = max(peak, int(done.stdout) / (1e6 if sys.platform == "darwin" else 1e3))
    return statistics.median(times), peak


if __name__ == "__main__":
    sys.exit(main())
