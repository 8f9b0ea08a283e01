"""Runs the program in a process of its own, and says how that process ended if it came to no report."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType

from gradlint.probe.errors import ProbeError
from gradlint.probe.exchange import Exchange, Failure
from gradlint.probe.options import CHOICES, LEGACY_KERAS, ProbeOptions
from gradlint.probe.recording import frames
from gradlint.probe.report import ProbeReport

STDERR = 2
POLL = 0.05
GRACE = 3.0
"""Seconds: for the process to end itself after its time-out, and to finish what it does at its exit."""


def run_isolated(options: ProbeOptions, progress: Callable[[str], None]) -> ProbeReport:
    """The report of a probe in a process of its own. What the program prints goes to stderr.

    Raises:
        ProbeError: the program could not be probed, ended its process or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="gradlint-", ignore_cleanup_errors=True) as folder:
        exchange = Exchange(folder)
        exchange.tell_options(options)
        # Nobody answers questions for a probe that is timed or has no terminal: all its processes can be ended at once.
        alone = options.timeout is not None or not _has_a_terminal()
        # The same search path, and nothing of the working folder before it that could shadow the standard library.
        boot = f"import sys; sys.path[:] = {sys.path!r}; from gradlint.probe.child import main; main({folder!r})"
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", boot],
            stdin=None if _has_a_terminal() else subprocess.DEVNULL,
            stdout=STDERR,
            env=_environment(options.keras),
            start_new_session=alone,
        )
        try:
            with _ended_politely():
                outcome = _wait(process, exchange, options.timeout, progress)
                in_time = process.poll() is not None
        finally:
            _end(process, alone)
        if isinstance(outcome, ProbeReport):
            return outcome
        if outcome is None:
            raise ProbeError(_how_it_ended(process.returncode if in_time else None, exchange, options))
    if outcome.ours:
        raise RuntimeError(f"in the process that runs the program:\n{outcome.text}")
    raise ProbeError(outcome.text)


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """Let SIGTERM, by which `timeout` and a CI job end us, unwind: it would leave the program's process behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _has_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _end(process: subprocess.Popen[bytes], alone: bool) -> None:
    """End what still runs of it: in a session of its own, all that it started, too."""
    if process.poll() is None:
        process.kill()
    if alone and hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the second where all have ended, on macOS
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(keras: str | None) -> dict[str, str]:
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
    if keras is not None:
        environment[LEGACY_KERAS] = CHOICES[keras]
    return environment


def _wait(
    process: subprocess.Popen[bytes], exchange: Exchange, timeout: float | None, progress: Callable[[str], None]
) -> ProbeReport | Failure | None:
    told = 0
    last = None if timeout is None else time.monotonic() + timeout + GRACE
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
        steps = exchange.steps()
        for words in steps[told:]:
            progress(words)
        told = len(steps)
        outcome = exchange.outcome()
        if process.returncode is not None:
            return outcome
        if outcome is not None and (last is None or last > time.monotonic() + GRACE):
            last = time.monotonic() + GRACE  # what it does at its exit must not hold the report up
        if last is not None and time.monotonic() > last:
            return outcome


def _how_it_ended(code: int | None, exchange: Exchange, options: ProbeOptions) -> str:
    steps = exchange.steps()
    step = f" (step: {steps[-1]})" if steps else ""
    dump = exchange.text("dump")
    if code is None or dump.startswith("Timeout"):
        words = f"the program did not finish within {options.timeout:g} seconds{step}"
    elif code < 0:
        words = f"the program was ended by {_signal(-code)}{step}"
    else:
        words = f"the program ended its process with exit code {code}, past Python's own `sys.exit`{step}"
    return "\n".join([words, *_frames_of(dump)])


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name}, as when memory runs out" if name == "SIGKILL" else name


def _frames_of(dump: str) -> list[str]:
    """The user's own frames in what `faulthandler` wrote: those of the thread that died, else of the first one."""
    threads = re.split(r"^(?=(?:Current t|T)hread )", dump, flags=re.MULTILINE)[1:]
    chosen = next((each for each in threads if each.startswith("Current")), threads[-1] if threads else "")
    found = re.findall(r'^  File "(.+)", line (\d+) in (.+)$', chosen, flags=re.MULTILINE)
    shown = [
        traceback.FrameSummary(file, int(line), name)
        for file, line, name in reversed(found)
        if frames.origin_of(file) == "user"
    ]
    return ["It was at (your own frames):", "".join(traceback.format_list(shown)).rstrip("\n")] if shown else []
