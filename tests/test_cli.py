"""The contract of the command line: exit codes, options, and what goes where."""

from __future__ import annotations

import json
import sys

import pytest

from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, ROOT, WHOLE

pytestmark = pytest.mark.static


@pytest.fixture
def project(tree):
    return tree({"broken.py": BROKEN, "healthy.py": HEALTHY, "whole.py": WHOLE})


def test_nothing_found_is_0(run, project):
    done = run("healthy.py")
    assert done.returncode == 0
    assert done.stdout == "Found nothing. Looked at 1 file, 1 followed, 1 weight.\n"
    assert done.stderr == ""


def test_something_found_is_1(run, project):
    done = run("broken.py")
    assert done.returncode == 1
    assert "GRD101" in done.stdout
    assert f"broken.py:{BROKEN_ROW}:" in done.stdout
    assert done.stdout.endswith("Found 1 error. Looked at 1 file, 1 followed, 1 weight.\n")


def test_check_is_the_command_that_need_not_be_named(run, project):
    assert run("broken.py").stdout == run("check", "broken.py").stdout


def test_without_a_path_the_working_folder_is_checked(run, project):
    assert run("check", "--output-format", "concise").stdout == run("--output-format", "concise", ".").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.py"], "missing.py: there is no such file or folder"),
        (["empty"], "nothing to check: there is no Python file below empty"),
        (["empty", "--show-files"], "nothing to check: there is no Python file below empty"),
        (["--select", "", "broken.py"], "--select: names no rule"),
        (["--select", "GRD1O1", "broken.py"], '--select: no rule is called "GRD1O1"; did you mean "GRD101"?'),
        (["--ignore", "X", "broken.py"], '--ignore: no rule is called "X"'),
        (["--config", "missing.toml", "broken.py"], "missing.toml: cannot be read"),
        (["--baseline", "missing.json", "broken.py"], "missing.json: the baseline cannot be read"),
        (["-", "broken.py"], "`-` (standard input) cannot be checked together with other paths"),
        (["--stdin-filename", "x.py", "broken.py"], "--stdin-filename is only for `-`"),
        (["--output-file", "missing/report.txt", "broken.py"], "missing/report.txt: cannot be written"),
        (["--selct", "GRD1", "."], 'unrecognized arguments: --selct; did you mean "--select"?'),
        (["explain", "GRD1O1"], 'no rule is called "GRD1O1"; did you mean "GRD101"?'),
    ],
)
def test_what_cannot_be_done_is_2_with_a_sentence(run, project, arguments, words):
    (project / "empty").mkdir()
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--no-such-option"], ["--keras", "2", "--exit", "."], ["--jobs", "0", "."], ["--keras", "4", "."], []],
)
def test_bad_arguments_are_2(run, project, arguments):
    assert run(*arguments).returncode == 2


def test_a_bug_of_ours_is_2_and_never_a_finding(project, monkeypatch, capsys):
    from gradlint import cli

    def failing(_):
        raise ZeroDivisionError

    monkeypatch.setitem(cli.COMMANDS, "check", failing)
    assert cli.main(["broken.py"]) == 2
    assert "a bug in gradlint" in capsys.readouterr().err


def test_exit_zero_turns_1_into_0_and_never_2(run, project):
    assert run("--exit-zero", "broken.py").returncode == 0
    assert run("--exit-zero", "missing.py").returncode == 2


def test_fail_on(run, project):
    assert run("whole.py").returncode == 0
    assert run("--fail-on", "note", "whole.py").returncode == 1
    assert run("--fail-on", "error", "broken.py").returncode == 1


def test_a_file_that_python_cannot_parse_is_a_finding(run, project):
    (project / "bad.py").write_text("w = tf.Variable(\n")
    done = run("bad.py", "broken.py", "--output-format", "concise")
    assert done.returncode == 1
    assert "bad.py:1:" in done.stdout
    assert "GRD901 [error] this file cannot be parsed" in done.stdout
    assert "GRD101" in done.stdout
    assert "1 not checked" in done.stdout


@pytest.mark.parametrize("output_format", ["full", "concise", "json", "github"])
def test_what_is_found_does_not_depend_on_the_format(run, project, output_format):
    done = run("broken.py", "--output-format", output_format)
    assert done.returncode == 1
    assert done.stdout.count("GRD101") >= 1


def test_json_is_one_array_and_the_summary_goes_elsewhere(run, project):
    done = run("broken.py", "healthy.py", "--output-format", "json")
    assert [finding["code"] for finding in json.loads(done.stdout)] == ["GRD101"]
    assert done.stderr == "Found 1 error. Looked at 2 files, 2 followed, 2 weights.\n"
    assert json.loads(run("healthy.py", "--output-format", "json").stdout) == []


def test_quiet_prints_findings_only(run, project):
    assert run("-q", "healthy.py").stdout == ""
    assert "Found" not in run("-q", "broken.py").stdout


def test_many_places_that_were_not_checked_are_counted():
    from gradlint.check import Result
    from gradlint.cli import _closing
    from gradlint.reports.palette import Palette
    from gradlint.run import Span
    from gradlint.static import NotChecked

    parts = tuple(NotChecked(Span(f"n{number:02}.py", 1, 1, 1, 1), "too large") for number in range(12))
    closing = _closing(Result((), files=12, not_checked=parts), Palette())
    assert closing.count("not checked: n") == 10
    assert "not checked: 2 more places" in closing
    assert "12 not checked" in closing


def test_output_file_takes_the_report(run, project):
    done = run("broken.py", "--output-format", "json", "--output-file", "report.json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert json.loads((project / "report.json").read_text())[0]["code"] == "GRD101"


def test_output_file_may_be_a_device(run, project):
    assert run("broken.py", "-q", "--output-file", "/dev/null").returncode == 1
    assert "GRD101" in run("broken.py", "-q", "--output-file", "/dev/stdout").stdout


def test_statistics(run, project):
    assert run("broken.py", "-q", "--statistics").stdout == "1  GRD101  weight-frozen-in-distribution\n"
    counted = json.loads(run("broken.py", "--statistics", "--output-format", "json").stdout)
    assert counted == [{"code": "GRD101", "name": "weight-frozen-in-distribution", "count": 1}]


def test_show_files(run, project):
    assert run("--show-files", ".").stdout.split() == ["broken.py", "healthy.py", "whole.py"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["whole.py"], "keras       open: both are tried"),
        (["whole.py", "--keras", "3"], "keras       3 (the command line)"),
        (["p"], "keras       2 (the config)"),
        (["p", "--keras", "auto"], "keras       3 (what the project declares)"),
        (["p/q.py", "--keras", "auto"], "keras       2 (the file itself)"),
        (["p"], "file        p/a.py"),
        (["p"], "config      p/gradlint.toml"),
        (["p", "--isolated"], "config      none"),
        (["p"], "rules       GRD101 GRD900 GRD901"),
        (["p"], "exclude     (the usual folders) old"),
        (["p", "--exclude", "x,y"], "exclude     x y old"),
        (["p"], "vocabulary  my_lib.grid"),
        (["-", "--stdin-filename", "p/new.py"], "keras       2 (the config)"),
    ],
)
def test_show_settings(run, project, arguments, line):
    (project / "p").mkdir()
    (project / "p" / "a.py").write_text("")
    (project / "p" / "q.py").write_text("import tf_keras\n")
    (project / "p" / "requirements.txt").write_text("keras>=3\n")
    (project / "p" / "gradlint.toml").write_text(
        'keras = 2\nselect = ["GRD101"]\nextend-exclude = ["old"]\nvocabulary.gradient = ["my_lib.grid"]\n'
    )
    done = run("--show-settings", *arguments, stdin="")
    assert done.returncode == 0
    assert line in done.stdout.splitlines()


def test_a_baseline_is_written_whole_whatever_was_accepted_before(run, project):
    run(".", "--write-baseline", "accepted.json")
    before = (project / "accepted.json").read_text()
    run(".", "--baseline", "accepted.json", "--write-baseline", "accepted.json")
    assert (project / "accepted.json").read_text() == before


def test_standard_input(run, project):
    done = run("-", "--stdin-filename", "model.py", stdin=BROKEN)
    assert done.returncode == 1
    assert f"--> model.py:{BROKEN_ROW}:" in done.stdout
    assert "self.mu[0]" in done.stdout
    assert run("-", stdin=HEALTHY).returncode == 0
    assert "<stdin>:" in run("-", stdin=BROKEN).stdout
    assert run("-", "--show-files", stdin=BROKEN).stdout == "<stdin>\n"


def test_no_cache_is_accepted(run, project):
    assert run("--no-cache", "healthy.py").returncode == 0


def test_an_open_dialect_makes_a_note_and_a_line(run, project):
    done = run("whole.py")
    assert done.returncode == 0
    assert "GRD104 [note] on Keras 3: `self.mu` gets no gradient" in done.stdout
    assert "1 finding holds on Keras 3 only: say `--keras 3` or set `keras` in the config" in done.stdout
    assert run("whole.py", "--keras", "2").stdout.startswith("Found nothing")
    assert run("whole.py", "--keras", "3").returncode == 1


def test_select_and_ignore(run, project):
    assert run("broken.py", "--ignore", "GRD1").returncode == 0
    assert run("broken.py", "--select", "GRD2,GRD3").returncode == 0
    assert run("broken.py", "--select", "GRD2", "--extend-select", "GRD101").returncode == 1
    assert run("broken.py", "--select", "grd101", "--ignore", "GRD1").returncode == 1


def test_baseline(run, project):
    assert run("broken.py", "--write-baseline", "accepted.json").returncode == 0
    assert run("broken.py", "--baseline", "accepted.json").returncode == 0
    (project / "broken.py").write_text("# moved down\n" + BROKEN)
    done = run("broken.py", "--baseline", "accepted.json")
    assert done.returncode == 0
    assert "1 accepted by the baseline" in done.stdout
    (project / "broken.py").write_text(BROKEN + BROKEN.replace("NormalLikelihood", "Other"))
    assert run("broken.py", "--baseline", "accepted.json").returncode == 1


def test_colour_is_only_for_those_who_see_it(run, project):
    escape = "\x1b["
    assert escape not in run("broken.py").stdout
    assert escape in run("broken.py", "--color", "always").stdout
    assert escape in run("broken.py", FORCE_COLOR="1", NO_COLOR="").stdout
    assert escape not in run("broken.py", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert escape in run("broken.py", "--color", "always", NO_COLOR="1").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_colour_on_a_terminal(project):
    import os
    import pty
    import subprocess

    def colourful(**environment: str) -> bool:
        ours, theirs = pty.openpty()
        plain = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
        subprocess.run(
            [sys.executable, "-m", "gradlint", "broken.py"],
            check=False,
            stdout=theirs,
            env={**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment},
        )
        os.close(theirs)
        return b"\x1b[" in os.read(ours, 100_000)

    assert colourful()
    assert not colourful(NO_COLOR="1")
    assert not colourful(TERM="dumb")


def test_an_ascii_terminal_is_no_reason_to_crash(run, project):
    (project / "umlaut.py").write_text(BROKEN.replace("self.mu", "self.müh"), encoding="utf-8")
    done = run("umlaut.py", "--isolated", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert "m\\xfch" in done.stdout


def test_a_closed_pipe_is_no_reason_to_complain(project):
    import os
    import subprocess

    command = f"{sys.executable} -m gradlint . --output-format json | head -c 1"
    done = subprocess.run(
        command, shell=True, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_explain_prints_the_page_of_every_rule(run, project):
    codes = [rule["code"] for rule in json.loads(run("rules", "--output-format", "json").stdout)]
    assert "GRD101" in codes
    assert codes == sorted(codes)
    assert "GRD101" in run("explain", "grd101").stdout
    assert "\x1b[" in run("explain", "GRD101", "--color", "always").stdout


def test_rules_lists_every_rule(run, project):
    table = run("rules").stdout.splitlines()
    assert table[0].startswith("GRD101  error")


def test_version(run, project):
    import gradlint

    assert run("--version").stdout == f"gradlint {gradlint.__version__}\n"


def test_help_names_every_command(run, project):
    text = run("--help").stdout
    for command in ("check", "probe", "explain", "rules"):
        assert command in text
