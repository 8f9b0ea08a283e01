"""`gradlint probe TARGET`: run, report, exit code."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from gradlint.diagnostics import Diagnostic
from gradlint.files import replace_file
from gradlint.fingerprints import fingerprinted
from gradlint.probe.isolated import run_isolated
from gradlint.probe.options import ProbeOptions
from gradlint.probe.page import page_of
from gradlint.probe.report import (
    LOSSES,
    NONE,
    NONFINITE,
    NOT_TRAINED,
    OF_OUTPUTS,
    OK,
    ZERO,
    ProbedVariable,
    ProbeReport,
    accepts_nothing,
    as_json,
    how_far,
    unexplained,
)
from gradlint.probe.table import table
from gradlint.project import Projects
from gradlint.reports import html, report_of
from gradlint.reports.lines import lines_of_program
from gradlint.reports.palette import palette_for
from gradlint.reports.summary import counted

ALL_THERE, A_FINDING = 0, 1
STEPS = 6


def probe_command(options: ProbeOptions) -> int:
    """Probe a target and print the report; gives the exit code.

    Raises:
        ProbeError: the target could not be run; the message says why.
    """
    if options.output_format == "html":
        html.template()  # what is not installed is told before the program runs
    with _progress() as progress:
        report = run_isolated(options, progress)
    given = {pattern for pattern, _ in options.accept}  # those of the config are for other models as well
    report = replace(report, unmatched=tuple(each for each in report.unmatched if each in given))
    text = text_of(report, options)
    if options.output_file is None:
        sys.stdout.write(text)
    else:
        replace_file(options.output_file, text)
    return ALL_THERE if report.ok else A_FINDING


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A bar on stderr, if somebody is looking at it."""
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing TensorFlow", total=STEPS)

        def step(words: str) -> None:
            bar.update(task, description=words, advance=1)

        yield step


def text_of(report: ProbeReport, options: ProbeOptions) -> str:
    """The report in the wanted format."""
    if options.output_format == "json":
        return json.dumps(as_json(_fingerprinted(report)), indent=2) + "\n"
    if options.output_format == "html":
        return html.render(page_of(report, options.target), lines_of_program)
    palette = palette_for(sys.stdout, options.color if options.output_file is None else "never")
    text = report_of(options.output_format)(report.diagnostics, lines_of_program, palette)
    if options.output_format == "full":
        text += table(report, color=palette.on) + "\n"
        far = how_far(report)
        text += f"{far}\n" if far else ""
        text += "".join(f"not checked: {each.path}: {each.reason}\n" for each in report.not_checked)
        text += "".join(f"{line}\n" for line in accepts_nothing(report))
        text += _summary(report)
    else:
        text += "".join(f"{line}\n" for line in unexplained(report))
    return text


def _fingerprinted(report: ProbeReport) -> ProbeReport:
    """The report with what its findings are known by from one run to the next."""
    projects = Projects(os.getcwd())
    files: dict[str, list[Diagnostic]] = {}
    for each in report.diagnostics:
        files.setdefault(each.filename, []).append(each)
    marked: dict[Diagnostic, Diagnostic] = {}
    for name, findings in files.items():
        identity = projects.identity(os.path.abspath(name))
        text = "\n".join(lines_of_program(name))
        marked.update(zip(findings, fingerprinted(findings, identity, text), strict=True))

    def known(variable: ProbedVariable) -> ProbedVariable:
        found = variable.diagnostic
        return variable if found is None else replace(variable, diagnostic=marked.get(found, found))

    return replace(
        report,
        diagnostics=tuple(marked[each] for each in report.diagnostics),
        variables=tuple(map(known, report.variables)),
        untracked=tuple(map(known, report.untracked)),
    )


def _summary(report: ProbeReport) -> str:
    trained = [each for each in (*report.variables, *report.untracked) if each.trainable]
    if not trained:
        return f"Keras {report.keras.value}: {counted(len(report.variables), 'variable')}, none of them trained\n"
    there = sum(each.gradient == OK and not each.broken and each in report.variables for each in trained)
    zeros = sum(each.gradient == ZERO and not each.broken for each in trained)
    unasked = sum(each.gradient == NOT_TRAINED for each in trained)
    accepted = sum(each.accepted and each.gradient in (NONE, NONFINITE) for each in trained)
    words = f"Keras {report.keras.value}: {counted(len(trained), 'weight')}, {there} with a gradient"
    if report.loss != OF_OUTPUTS:
        words += f" of {LOSSES[report.loss]}"
    if zeros:
        words += f", {zeros} with one of zeros"
    if accepted:
        words += f", {accepted} accepted without"
    if unasked:
        words += f", {unasked} not asked"
    missing = len(report.findings)
    return words + (f", {missing} to mend\n" if missing else "\n")
