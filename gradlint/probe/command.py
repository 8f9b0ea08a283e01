"""`gradlint probe TARGET`: load, probe, report, exit code."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradlint.probe import frames, hooks, inputs, target
from gradlint.probe.errors import ProbeError
from gradlint.probe.preserve import process_preserved
from gradlint.probe.recorder import Recorder
from gradlint.probe.report import ProbeReport, as_json, unexplained
from gradlint.probe.run_probe import Settings, probe, silent
from gradlint.probe.table import table
from gradlint.reports import report_of
from gradlint.reports.palette import palette_for
from gradlint.run import Phase

ALL_THERE, A_FINDING, COULD_NOT_RUN = 0, 1, 2
STEPS = 4


@dataclass(frozen=True)
class ProbeOptions:
    """What the command line was told."""

    target: str
    inputs: str | None = None
    input_shapes: tuple[str, ...] = ()
    loss: str | None = None
    training: bool = True
    keras: str | None = None
    output_format: str = "full"
    output_file: str | None = None
    color: str = "auto"
    accept: tuple[str, ...] = ()


def probe_command(options: ProbeOptions) -> int:
    """Probe a target and print the report; gives the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _dialect(options.keras), contextlib.redirect_stdout(sys.stderr), _progress() as progress:
            report = _probed(options, progress)
    except ProbeError as error:
        sys.stderr.write(f"gradlint: {error}\n{_own_frames(error)}")
        return COULD_NOT_RUN
    try:
        _write(_text(report, options), options.output_file)
    except OSError as error:
        sys.stderr.write(f"gradlint: cannot write {options.output_file}: {error.strerror}\n")
        return COULD_NOT_RUN
    return ALL_THERE if report.ok else A_FINDING


def _probed(options: ProbeOptions, progress: Callable[[str], None]) -> ProbeReport:
    if options.inputs and options.input_shapes:
        raise ProbeError("give either --inputs or --input-shape, not both")
    hooks.tensorflow()
    recorder = Recorder()
    with process_preserved():
        # Watched from the first line of the file: a model may be made while its module is imported.
        with recorder.on(Phase.SETUP, values=False):
            factory = target.load(options.target)
            given: Any = target.load(options.inputs) if options.inputs else None
            loss: Any = target.load(options.loss) if options.loss else None
        if options.input_shapes:
            given = inputs.from_shapes([inputs.parse_shape(each) for each in options.input_shapes])
        settings = Settings(loss, options.training, options.accept, progress)
        return probe(factory, given, settings, recorder)


@contextlib.contextmanager
def _dialect(keras: str | None) -> Iterator[None]:
    """Choose the Keras of this run. TensorFlow reads the choice once, when it is imported.

    Raises:
        ProbeError: it cannot be had here.
    """
    name = "TF_USE_LEGACY_KERAS"
    before = os.environ.get(name)
    if keras is not None:
        wanted = {"2": "1", "3": "0"}[keras]
        if "tensorflow" in sys.modules and (before in ("1", "True", "true")) != (wanted == "1"):
            raise ProbeError(f"TensorFlow is already imported with another Keras: set {name}={wanted} before that")
        os.environ[name] = wanted
    try:
        if keras is not None:
            _check_installed(keras)
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _check_installed(keras: str) -> None:
    version = tuple(int(part) for part in hooks.tensorflow().__version__.split(".")[:2])
    if keras == "3" and version < (2, 16):
        raise ProbeError("--keras 3 needs TensorFlow 2.16 or later: the one installed here has Keras 2 only")
    if keras == "2" and version >= (2, 16) and importlib.util.find_spec("tf_keras") is None:
        raise ProbeError("--keras 2 needs the package tf_keras beside this TensorFlow: `pip install tf_keras`")


def _own_frames(error: ProbeError) -> str:
    """The traceback of the user's own exception, without the frames of frameworks."""
    cause = error.__cause__
    if cause is None:
        return ""
    shown = [each for each in traceback.extract_tb(cause.__traceback__) if frames.origin_of(each.filename) == "user"]
    if not shown:
        return ""
    return "".join(
        ["Traceback (your own frames):\n", *traceback.format_list(shown), *traceback.format_exception_only(cause)]
    )


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A bar on stderr, if somebody is looking at it."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing TensorFlow", total=STEPS + 1)

        def step(words: str) -> None:
            bar.update(task, description=words, advance=1)

        yield step


def _text(report: ProbeReport, options: ProbeOptions) -> str:
    if options.output_format == "json":
        return json.dumps(as_json(report), indent=2) + "\n"
    palette = palette_for(sys.stdout, options.color if options.output_file is None else "never")
    text = report_of(options.output_format)(report.diagnostics, _lines, palette)
    if options.output_format == "full":
        text += table(report, color=palette.on) + "\n"
        text += "".join(f"not checked: {each.path}: {each.reason}\n" for each in report.not_checked)
        text += _summary(report)
    else:
        text += "".join(f"{line}\n" for line in unexplained(report))
    return text


def _lines(filename: str) -> Sequence[str]:
    return [line.rstrip("\r\n") for line in linecache.getlines(filename)]


def _summary(report: ProbeReport) -> str:
    trained = [each for each in (*report.variables, *report.untracked) if each.trainable]
    there = sum(not each.broken and each in report.variables for each in trained)
    accepted = sum(each.accepted and each.gradient in ("none", "nonfinite") for each in trained)
    words = f"Keras {report.keras.value}: {len(trained)} weights, {there - accepted} with a gradient"
    if accepted:
        words += f", {accepted} accepted without"
    missing = len(report.findings)
    return words + (f", {missing} to mend\n" if missing else "\n")


def _write(text: str, output_file: str | None) -> None:
    if output_file is None:
        sys.stdout.write(text)
        return
    with open(output_file, "w", encoding="utf-8") as file:
        file.write(text)
