"""`gradlint probe`, as the command line calls it."""

import json
import pathlib

import pytest

from gradlint.probe.command import ProbeOptions, probe_command

PROGRAMS = str(pathlib.Path(__file__).with_name("programs.py"))


def run(capsys, name, **options):
    settings = {"inputs": f"{PROGRAMS}:inputs", **options}
    code = probe_command(ProbeOptions(f"{PROGRAMS}:{name}", **settings))
    return code, capsys.readouterr()


def test_exit_codes(capsys):
    assert run(capsys, "Healthy")[0] == 0
    assert run(capsys, "Indexed")[0] == 1
    assert run(capsys, "Indexed", accept=("model.w",))[0] == 0
    assert run(capsys, "raising")[0] == 2


def test_full(capsys):
    _, printed = run(capsys, "Indexed", color="never")
    assert "GRD101 `model.w` gets no gradient: `self.w[0]` is computed once, in `prepare`" in printed.out
    assert "frozen here" in printed.out
    assert "2 weights, 1 with a gradient, 1 to mend" in printed.out
    assert printed.out.index("w       [3]") < printed.out.index("live")


def test_json(capsys, tmp_path):
    file = tmp_path / "report.json"
    code, printed = run(capsys, "Indexed", output_format="json", output_file=str(file))
    assert (code, printed.out) == (1, "")
    report = json.loads(file.read_text())
    assert list(report) == ["version", "keras", "variables", "untracked", "diagnostics", "not_checked"]
    weight = next(each for each in report["variables"] if each["path"] == "model.w")
    assert weight["gradient"] == "none"
    assert weight["diagnostic"]["code"] == "GRD101"


def test_concise(capsys):
    _, printed = run(capsys, "Indexed", output_format="concise")
    assert len(printed.out.splitlines()) == 1


def test_own_inputs_loss_and_shapes(capsys):
    assert run(capsys, "with_inputs", inputs=None)[0] == 1
    assert run(capsys, "Healthy", inputs=None, input_shapes=("4,3",))[0] == 0
    assert run(capsys, "Healthy", loss=f"{PROGRAMS}:negative_log")[0] == 0
    code, printed = run(capsys, "Healthy", input_shapes=("4,3",))
    assert code == 2
    assert "not both" in printed.err


def test_their_traceback_is_trimmed_to_their_frames(capsys):
    _, printed = run(capsys, "raising")
    assert "in raising" in printed.err
    assert "run_probe.py" not in printed.err


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nofile.py:make", "there is no file nofile.py"),
        ("no_module_of_this_name:make", "there is no module"),
        (f"{PROGRAMS}:Indexd", 'did you mean "Indexed"'),
        ("nothing", "write file.py:factory"),
    ],
)
def test_targets_that_are_not_there(capsys, target, words):
    assert probe_command(ProbeOptions(target)) == 2
    assert words in capsys.readouterr().err
