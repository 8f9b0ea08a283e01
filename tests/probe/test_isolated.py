"""`gradlint probe` on programs that crash, exit, hang and print: their end is a report, and not ours."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.probe import unruly
from tests.probe.dialect import KERAS

pytestmark = pytest.mark.skipif(KERAS == "3", reason="how a process ends does not depend on the Keras: once is enough")


@pytest.fixture
def probed(run, tree):
    def probe(program, *options, **environment):
        folder = tree({"program.py": program})
        return run("probe", "program.py:make", *options, cwd=folder, **environment)

    return probe


@pytest.mark.parametrize("name", unruly.PROGRAMS)
def test_the_end_is_told_with_its_line(probed, name):
    program, words = unruly.PROGRAMS[name]
    assert_told(probed(program), words, program)


def test_a_hang_is_told_with_its_line(probed):
    words = "did not finish within 10 seconds (step: importing the program)"
    assert_told(probed(unruly.HANG, "--timeout", "10"), words, unruly.HANG)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are an affair of POSIX")
@pytest.mark.parametrize("end", ["time.sleep(600)", "os._exit(0)", "raise SystemExit"])
def test_what_the_program_started_ends_with_it(probed, tmp_path, end):
    assert probed(unruly.HAS_CHILDREN.format(end), "--timeout", "5").returncode == 2
    child = int((tmp_path / "child").read_text())
    for _ in range(100):  # who inherits it may take a moment to collect it
        if has_ended(child):
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("a process that the program started outlived the probe")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are an affair of POSIX")
def test_a_probe_that_is_ended_ends_the_program(tree, tmp_path):
    tree({"program.py": unruly.HAS_CHILDREN.format("time.sleep(600)")})
    command = [sys.executable, "-m", "gradlint", "probe", "program.py:make"]
    probe = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for _ in range(600):
        if (tmp_path / "child").exists() and (tmp_path / "child").read_text():
            break
        time.sleep(0.05)
    probe.send_signal(signal.SIGTERM)
    probe.communicate(timeout=60)
    assert probe.returncode == 128 + signal.SIGTERM
    child = int((tmp_path / "child").read_text())
    if not any(has_ended(child) or time.sleep(0.05) for _ in range(100)):
        os.kill(child, signal.SIGKILL)
        pytest.fail("a process of the program outlived the probe")


def has_ended(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def assert_told(done, words, program):
    row = 1 + [line.endswith("# here") for line in program.splitlines()].index(True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert f'program.py", line {row}, in ' in done.stderr
    assert "gradlint/probe" not in done.stderr


@pytest.mark.parametrize("name", unruly.HARD_ENDS)
def test_an_end_without_a_trace_is_told(probed, name):
    program, words = unruly.HARD_ENDS[name]
    done = probed(program)
    assert done.returncode == 2
    assert words in done.stderr


def test_what_the_program_prints_does_not_mix_with_the_report(probed):
    done = probed(unruly.NOISE, "--output-format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["version"] == 1
    for noise in ("import", "factory", "past Python", "exit", "more"):
        assert noise in done.stderr


def test_a_thread_that_stays_does_not_hold_the_report_up(probed):
    done = probed(unruly.STAYS)
    assert done.returncode == 0
    assert "2 weights, 2 with a gradient" in done.stdout


def test_a_program_may_choose_its_keras_before_it_imports_tensorflow(probed):
    done = probed(unruly.CHOOSES_KERAS, TF_USE_LEGACY_KERAS="0")
    assert "Keras 2: 2 weights" in done.stdout
    done = probed(unruly.CHOOSES_KERAS, "--keras", "3")
    assert done.returncode == 2
    assert "--keras 3 " in done.stderr


def test_findings_are_exit_1_and_go_to_the_file(run, tmp_path):
    programs = str(unruly.__file__).replace("unruly", "programs")
    arguments = [f"{programs}:Indexed", "--inputs", f"{programs}:inputs", "--output-file", "report.json"]
    done = run("probe", *arguments, "--output-format", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text())["diagnostics"][0]["code"] == "GRD101"


def test_the_config_accepts_with_a_reason(run, tree):
    programs = str(unruly.__file__).replace("unruly", "programs")
    arguments = ["probe", f"{programs}:Indexed", "--inputs", f"{programs}:inputs"]
    tree({"pyproject.toml": '[tool.gradlint.accept]\n"model.w" = "frozen on purpose"\n'})
    done = run(*arguments)
    assert done.returncode == 0
    assert "accepted: frozen on purpose" in done.stdout
    assert run(*arguments, "--isolated").returncode == 1
    assert "matches no weight" not in done.stdout
    named = run(*arguments, "--accept", "model.w = no head", "--accept", "model.v").stdout
    assert "accepted: no head" in named
    assert "accept 'model.v' matches no weight; did you mean \"model.w\"?\n" in named
    tree({"pyproject.toml": '[tool.gradlint]\nkeras = 2\naccept = "model.w"\n'})
    done = run(*arguments)
    assert done.returncode == 2
    assert 'pyproject.toml:3: "accept" must be a list of weights or a table of weights and reasons' in done.stderr


def test_a_file_of_a_package_is_imported_as_its_module(run, tree):
    body = "from .parts import make\n\ndef late():\n    import neighbour\n    return neighbour.make()\n"
    tree({"src/pack/__init__.py": "", "src/pack/parts.py": unruly.SOUND, "src/pack/model.py": body})
    tree({"src/neighbour.py": unruly.SOUND})
    assert run("probe", "src/pack/model.py:make").returncode == 0
    assert run("probe", "src/pack/model.py:late").returncode == 0
