"""The command line: parse, call, report, exit code."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from gradlint.errors import UsageError, nearest

if TYPE_CHECKING:
    from gradlint.check import Options, Result
    from gradlint.reports.palette import Palette

FOUND_NOTHING, FOUND_SOMETHING, COULD_NOT_WORK = 0, 1, 2
INTERRUPTED = 130
WITH_FIXES = frozenset({"json", "sarif"})
"""Reports whose readers can apply the fixes themselves."""
MOST_NOT_CHECKED = 10
"""More places than these are counted, not listed: they would bury what was found."""

DESCRIPTION = """\
Finds the line where a weight loses its gradient, in TensorFlow, Keras and TensorFlow Probability code.

`gradlint PATH...` is short for `gradlint check PATH...`."""
EXITS = "exit codes: 0 nothing found, 1 something found, 2 gradlint could not do its job"


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    parser, commands = _parser()
    given = list(arguments)
    if given and given[0] not in {*COMMANDS, "-h", "--help", "-V", "--version"}:
        given.insert(0, "check")
    options, unknown = parser.parse_known_args(given)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{_meant(unknown, commands[options.command])}")
    if options.command is None:
        parser.print_help()
        return COULD_NOT_WORK
    try:
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # whoever read our output has seen enough; Python would complain once more when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND_SOMETHING
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, 1 would mean a finding
        if isinstance(error.__cause__, KeyboardInterrupt):
            return INTERRUPTED  # within a class statement, of which Python says so
        import traceback

        traceback.print_exc()
        return _complain("failed, which is a bug in gradlint; the lines above belong into a report of it")
    return code


def _meant(unknown: Sequence[str], command: argparse.ArgumentParser) -> str:
    """What the first unknown option may have been meant to be."""
    option = next((word.partition("=")[0] for word in unknown if word.startswith("-")), "")
    return nearest(option, re.findall(r"--[a-z-]+", command.format_help()))


def _complain(sentence: str) -> int:
    print(f"gradlint: {sentence}", file=sys.stderr)
    return COULD_NOT_WORK


def _check(given: argparse.Namespace) -> int:
    from gradlint.check import check_paths, check_text, paths_to_check, settings_of

    paths = given.paths or [os.curdir]
    from_input = "-" in paths
    if from_input and paths != ["-"]:
        raise UsageError("`-` (standard input) cannot be checked together with other paths")
    if given.stdin_filename is not None and not from_input:
        raise UsageError("--stdin-filename is only for `-`")
    options = _options(given)
    name = given.stdin_filename or "<stdin>"
    if given.show_files:
        _write("".join(path + "\n" for path in ([name] if from_input else paths_to_check(paths, options))))
        return FOUND_NOTHING
    data = sys.stdin.buffer.read() if from_input else None
    if given.show_settings:
        rows = settings_of(name if from_input else paths[0], options, data)
        _write("".join(f"{key:<12}{value}".rstrip() + "\n" for key, value in rows))
        return FOUND_NOTHING
    if given.fix or given.unsafe_fixes or given.diff:
        from gradlint.mending import mend

        mended = mend(paths, data, name, options, unsafe=given.unsafe_fixes, write=not given.diff)
        if given.diff:
            _write(mended.diff)
            print(mended.would, file=sys.stderr)
            if mended.failed:
                return COULD_NOT_WORK
            return FOUND_SOMETHING if mended.diff and not given.exit_zero else FOUND_NOTHING
        print(mended.did, file=sys.stderr)
        if mended.failed:
            return COULD_NOT_WORK
        data = mended.data
        if data is not None:
            sys.stdout.buffer.write(data)
            return _exit_code(given, check_text(data, name, options))
    known = {}
    if data is not None:
        result = check_text(data, name, options)
        known[name] = data
    else:
        result = check_paths(paths, options)
    if given.write_baseline is not None:
        return _write_baseline(given.write_baseline, result)
    _report(given, result, known)
    return _exit_code(given, result)


def _options(given: argparse.Namespace) -> Options:
    from gradlint.baseline import Baseline, read_baseline
    from gradlint.check import Options, dialect_of
    from gradlint.selection import Selection, checked

    selectors = {}
    for key in ("select", "extend_select", "ignore"):
        listed = getattr(given, key)
        if listed is not None:
            from gradlint.rules import all_rules

            option = "--" + key.replace("_", "-")
            if not listed:
                raise UsageError(f"{option}: names no rule")
            listed = [checked(selector, all_rules(), option) for selector in listed]
        selectors[key] = listed
    baseline = Baseline()
    if given.baseline is not None and given.write_baseline is None:
        baseline = read_baseline(given.baseline)
    return Options(
        selection=Selection(
            None if selectors["select"] is None else tuple(selectors["select"]),
            tuple(selectors["extend_select"] or ()),
            tuple(selectors["ignore"] or ()),
        ),
        keras=dialect_of(given.keras),
        keras_open=given.keras == "auto",
        exclude=None if given.exclude is None else tuple(given.exclude),
        extend_exclude=tuple(given.extend_exclude or ()),
        force_exclude=given.force_exclude,
        show_guesses=given.show_guesses,
        config=given.config,
        isolated=given.isolated,
        jobs=given.jobs or os.cpu_count() or 1,
        fixes=given.output_format in WITH_FIXES,
        baseline=baseline,
    )


def _write_baseline(path: str, result: Result) -> int:
    from gradlint.baseline import write_baseline
    from gradlint.reports.summary import counted

    number = write_baseline(path, result.diagnostics)
    print(f"{path}: {counted(number, 'finding')} accepted", file=sys.stderr)
    for diagnostic in result.diagnostics:
        if diagnostic.code == "GRD900":
            print(f"{diagnostic.filename}: {diagnostic.message}", file=sys.stderr)
    return COULD_NOT_WORK if result.failed else FOUND_NOTHING


def _report(given: argparse.Namespace, result: Result, known: dict[str, bytes]) -> None:
    from gradlint.reports import FORMATS
    from gradlint.reports.palette import Palette, palette_for

    in_file = given.output_file is not None
    palette = Palette(given.color == "always") if in_file else palette_for(sys.stdout, given.color)
    text = _report_text(given, result, known, palette)
    for_people = FORMATS[given.output_format] == "text"
    if in_file:
        from gradlint.files import replace_file

        replace_file(given.output_file, text)
    else:
        _write(text)
    if not given.quiet:
        beside = in_file or not for_people
        closing = _closing(result, palette_for(sys.stderr, given.color) if beside else palette)
        if beside:
            sys.stdout.flush()
            print(closing, file=sys.stderr)
        else:
            _write(closing + "\n")


def _report_text(given: argparse.Namespace, result: Result, known: dict[str, bytes], palette: Palette) -> str:
    if given.statistics:
        from gradlint.reports.statistics import report as statistics

        return statistics(result.diagnostics, given.output_format)
    from gradlint.reports import report_of
    from gradlint.reports.lines import lines_from_files

    return report_of(given.output_format)(result.diagnostics, lines_from_files(known), palette)


def _closing(result: Result, palette: Palette) -> str:
    from gradlint.reports.summary import found, looked_at, moved, one_dialect_only

    unparsed = sum(diagnostic.code in {"GRD900", "GRD901"} for diagnostic in result.diagnostics)
    left_out = [f"{part.span.filename}:{part.span.row}: {part.reason}" for part in result.not_checked]
    if len(left_out) > MOST_NOT_CHECKED:
        left_out[MOST_NOT_CHECKED:] = [f"{len(left_out) - MOST_NOT_CHECKED:,} more places"]
    closing = ["not checked: " + words for words in left_out]
    closing += one_dialect_only(result.one_dialect)
    closing += moved(result.moved)
    seen = looked_at(result.files, result.followed, result.weights, len(result.not_checked) + unparsed, result.accepted)
    closing.append(f"{found(result.diagnostics, palette)} Looked at {seen}.")
    return "\n".join(closing)


def _exit_code(given: argparse.Namespace, result: Result) -> int:
    if result.failed:
        return COULD_NOT_WORK
    failing = {"error": {"error"}, "warning": {"error", "warning"}, "note": {"error", "warning", "note"}}[given.fail_on]
    if given.exit_zero or not any(diagnostic.severity.value in failing for diagnostic in result.diagnostics):
        return FOUND_NOTHING
    return FOUND_SOMETHING


def _probe(given: argparse.Namespace) -> int:
    from gradlint.config import Configs
    from gradlint.probe.command import probe_command
    from gradlint.probe.options import ProbeOptions

    config = Configs(given.config, given.isolated).of(os.getcwd())
    return probe_command(
        ProbeOptions(
            target=given.target,
            inputs=given.inputs,
            input_shapes=tuple(given.input_shape or ()),
            loss=given.loss,
            training=not given.no_training,
            keras=given.keras,
            output_format=given.output_format,
            output_file=given.output_file,
            color=given.color,
            accept=tuple(_accepted(each) for each in given.accept or ()),
            accepted_by_project=config.accept,
            timeout=given.timeout,
            numeric=given.numeric,
            per_layer=given.per_layer,
        )
    )


def _accepted(text: str) -> tuple[str, str]:
    pattern, _, reason = text.partition("=")
    return pattern.strip(), reason.strip()


def _explain(given: argparse.Namespace) -> int:
    from gradlint.rules import all_rules, page

    code = given.code.upper()
    if code not in all_rules():
        raise UsageError(f'no rule is called "{given.code}"{nearest(code, all_rules())}')
    from gradlint.reports.palette import palette_for

    if palette_for(sys.stdout, given.color).on:
        from rich.console import Console
        from rich.markdown import Markdown

        Console(force_terminal=True).print(Markdown(page(code)))
    else:
        _write(page(code))
    return FOUND_NOTHING


def _rules(given: argparse.Namespace) -> int:
    from gradlint.reports.rule_table import as_json, as_text
    from gradlint.rules import all_rules

    _write((as_json if given.output_format == "json" else as_text)(all_rules().values()))
    return FOUND_NOTHING


def _write(text: str) -> None:
    """Print text whatever the terminal's encoding is."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, errors="backslashreplace").decode(encoding))


def _server(given: argparse.Namespace) -> int:
    try:
        from gradlint.integrations.language_server import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("the language server needs pygls: install `gradlint-tf[server]`") from None
    make_server().start_io()
    return FOUND_NOTHING


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "probe": _probe,
    "explain": _explain,
    "rules": _rules,
    "server": _server,
}


class _Version(argparse.Action):
    """Reads the version only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from gradlint import __version__

        print(f"gradlint {__version__}")
        parser.exit()


def _parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of a command line, and that of each command."""
    parser = argparse.ArgumentParser(
        "gradlint", description=DESCRIPTION, epilog=EXITS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_check(
        commands.add_parser("check", allow_abbrev=False, help="check source files; runs none of them", epilog=EXITS)
    )
    _add_probe(
        commands.add_parser("probe", allow_abbrev=False, help="RUN a model and ask the gradient tape about each weight")
    )
    explain = commands.add_parser("explain", help="print the page of a rule")
    explain.add_argument("code", help="as GRD101")
    _add_color(explain)
    commands.add_parser("server", help="be a language server for an editor, over standard input and output")
    rules = commands.add_parser("rules", help="list all rules")
    rules.add_argument("--output-format", choices=["text", "json"], default="text")
    return parser, commands.choices


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders; `-` is standard input (default: .)"
    )
    rules = parser.add_argument_group("which rules")
    rules.add_argument("--select", action=_Listed, metavar="CODES", help="only these, as GRD101,GRD2 or ALL")
    rules.add_argument("--extend-select", action=_Listed, metavar="CODES", help="these too")
    rules.add_argument("--ignore", action=_Listed, metavar="CODES", help="not these")
    rules.add_argument("--keras", choices=["2", "3", "auto"], help="which Keras the code runs on (default: auto)")
    rules.add_argument("--show-guesses", action="store_true", help="print findings that are only likely, too")
    files = parser.add_argument_group("which files")
    files.add_argument("--exclude", action=_Listed, metavar="PATTERNS", help="leave these out, not the usual ones")
    files.add_argument("--extend-exclude", action=_Listed, metavar="PATTERNS", help="leave these out too")
    files.add_argument("--force-exclude", action="store_true", help="leave excluded files out even if they are named")
    files.add_argument("--show-files", action="store_true", help="list the files that would be checked, and stop")
    files.add_argument(
        "--show-settings", action="store_true", help="print what holds for the first file, and why, and stop"
    )
    files.add_argument("--stdin-filename", metavar="PATH", help="the name of what comes from standard input")
    fixes = parser.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="apply safe fixes")
    fixes.add_argument("--unsafe-fixes", action="store_true", help="apply the others, too")
    fixes.add_argument("--diff", action="store_true", help="show what fixes would change")
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output-format", choices=["full", "concise", "json", "github", "html", "sarif"], default="full"
    )
    output.add_argument("--output-file", metavar="FILE", help="write the report there")
    output.add_argument("--statistics", action="store_true", help="count the codes instead of listing the findings")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings only, no summary")
    _add_color(output)
    gate = parser.add_argument_group("exit code")
    gate.add_argument("--fail-on", choices=["error", "warning", "note"], default="warning", help="(default: warning)")
    gate.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever was found")
    gate.add_argument("--write-baseline", metavar="FILE", help="accept all present findings, and stop")
    gate.add_argument("--baseline", metavar="FILE", help="report only what that file does not accept")
    other = parser.add_argument_group("other")
    other.add_argument("--config", metavar="FILE", help="this config file, not the nearest one")
    other.add_argument("--isolated", action="store_true", help="no config file at all")
    other.add_argument("-j", "--jobs", type=_positive, metavar="N", help="processes (default: one a processor)")
    other.add_argument("--no-cache", action="store_true", help="accepted for the sake of scripts: there is no cache")


def _add_probe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Runs your code: builds the model, calls it, and asks the tape for every weight's gradient. "
        "A script is run to its end, and what it asks its own tapes for is explained."
    )
    parser.add_argument(
        "target", metavar="TARGET", help="file.py:factory, package.module:factory, script.py or model.keras"
    )
    parser.add_argument("--inputs", metavar="FILE:CALLABLE", help="what to call the model with")
    parser.add_argument(
        "--input-shape",
        action="append",
        metavar="SHAPE",
        help="random inputs instead, as 4,100 or 4,100:int32 (repeatable)",
    )
    parser.add_argument("--loss", metavar="FILE:CALLABLE", help="a function of model and inputs")
    parser.add_argument("--no-training", action="store_true", help="do not pass training=True")
    parser.add_argument(
        "--numeric", action="store_true", help="hold gradients against finite differences of the loss (GRD503)"
    )
    parser.add_argument("--per-layer", action="store_true", help="ask each layer alone, too, with the inputs it gets")
    parser.add_argument("--keras", choices=["2", "3"], help="which Keras to run on")
    parser.add_argument(
        "--accept",
        action="append",
        metavar="PATH[=REASON]",
        help="a weight that may go without, beside those of the config (repeatable)",
    )
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="give up after that (default: never)")
    parser.add_argument("--output-format", choices=["full", "json", "html"], default="full")
    parser.add_argument("--output-file", metavar="FILE", help="write the report there")
    parser.add_argument("--config", metavar="FILE", help="this config file, not the nearest one")
    parser.add_argument("--isolated", action="store_true", help="no config file at all")
    _add_color(parser)


def _add_color(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto")


class _Listed(argparse.Action):
    """A list with commas that may be given more than once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        before = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*before, *(item.strip() for item in str(values).split(",") if item.strip())])


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return number


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text!r}")
    return int(text)
