"""What a finding is known by, and what a baseline accepts."""

from __future__ import annotations

import json

import pytest

from gradlint.check import Options, check_paths, check_source
from tests.conftest import BROKEN

pytestmark = pytest.mark.static


def test_fingerprints_survive_edits_elsewhere(tree):
    tree({"a.py": BROKEN})
    (before,) = check_paths(["."], Options()).diagnostics
    tree({"a.py": '"""New."""\n\n' + BROKEN.replace("self.distribution = ", "  self.distribution  =  "[2:])})
    (moved,) = check_paths(["."], Options()).diagnostics
    assert moved.span.row == before.span.row + 2
    tree({"a.py": '"""New."""\n\n' + BROKEN})
    (after,) = check_paths(["."], Options()).diagnostics
    assert after.fingerprint == before.fingerprint


def test_fingerprints_do_not_depend_on_how_a_file_is_named(tree, monkeypatch):
    folder = tree({"pyproject.toml": "", "package/a.py": BROKEN})
    (first,) = check_paths(["package"], Options()).diagnostics
    (second,) = check_paths([str(folder / "package" / "a.py")], Options()).diagnostics
    monkeypatch.chdir(folder / "package")
    (third,) = check_paths(["a.py"], Options()).diagnostics
    assert first.fingerprint == second.fingerprint == third.fingerprint
    assert third.filename == "a.py"


def test_equal_lines_have_fingerprints_of_their_own():
    twice = BROKEN.replace("self.mu[0], 1.0", "self.mu[0], self.mu[0]")
    found = check_source(twice)
    assert len({finding.fingerprint for finding in found}) == len(found)


def known(text: str) -> set[str]:
    return {finding.fingerprint for finding in check_source(text, "m.py", select=["GRD101"])}


TWO = BROKEN.replace("Normal(self.mu[0], 1.0)", "Normal(self.mu[0], self.mu[0])")
TWO_WEIGHTS = BROKEN.replace("Normal(self.mu[0], 1.0)", "Normal(self.mu[0], self.sigma[0])").replace(
    "        self.mu =", "        self.sigma = self.add_weight(name='sigma', shape=[1])\n        self.mu ="
)
TWO_LINES = BROKEN.replace(
    "        self.distribution",
    "        self.other = tfp.distributions.Normal(self.mu[0], 2.0)\n        self.distribution",
).replace("self.distribution.prob(inputs)", "self.distribution.prob(inputs) + self.other.prob(inputs)")


@pytest.mark.parametrize(
    ("text", "mended", "left"),
    [
        (TWO, TWO.replace("Normal(self.mu[0],", "Normal(1.0,"), 1),
        (TWO, TWO.replace(", self.mu[0])", ", 1.0)"), 1),
        (TWO_WEIGHTS, TWO_WEIGHTS.replace("Normal(self.mu[0],", "Normal(1.0,"), 1),
        (TWO_LINES, TWO_LINES.replace("Normal(self.mu[0], 2.0)", "Normal(1.0, 2.0)"), 1),
        (TWO, TWO.replace("Normal(self.mu[0], self", "Normal(\n            self.mu[0],  # why\n            self"), 2),
        (BROKEN, BROKEN.replace("Normal(self.mu[0], 1.0)", "Normal(self.mu[ 0 ], scale=2.0)"), 1),
    ],
)
def test_fingerprints_of_what_is_left_stay_when_a_neighbour_is_mended(text, mended, left):
    before, after = known(text), known(mended)
    assert len(after) == left
    assert after <= before


def test_what_was_mended_is_not_what_is_left():
    first = known(TWO.replace(", self.mu[0])", ", 1.0)"))
    second = known(TWO.replace("Normal(self.mu[0],", "Normal(1.0,"))
    assert first | second == known(TWO)
    assert first != second


def lines_of_baseline(run, *arguments: str) -> tuple[int, list[str]]:
    done = run(*arguments, "--baseline", "accepted.json")
    return done.returncode, done.stdout.splitlines()


def test_a_moved_file_is_told_and_accepted(tree, run):
    folder = tree({"pyproject.toml": "", "a.py": TWO, "b.py": BROKEN})
    run(".", "--write-baseline", "accepted.json")
    (folder / "sub").mkdir()
    (folder / "a.py").rename(folder / "sub" / "new.py")
    code, lines = lines_of_baseline(run, ".")
    assert code == 0
    assert lines[0] == "2 accepted findings moved from a.py to sub/new.py: renew the baseline"
    assert "3 accepted by the baseline" in lines[-1]
    assert lines_of_baseline(run, "sub")[0] == 0


def test_a_moved_class_is_told_if_the_file_that_it_left_was_checked(tree, run):
    folder = tree({"a.py": BROKEN, "b.py": "\n"})
    run(".", "--write-baseline", "accepted.json")
    tree({"a.py": "\n", "b.py": BROKEN})
    assert lines_of_baseline(run, ".")[0] == 0
    assert lines_of_baseline(run, "b.py")[0] == 1
    (folder / "a.py").unlink()
    assert lines_of_baseline(run, "b.py")[0] == 0


def test_a_copy_is_new(tree, run):
    tree({"a.py": BROKEN})
    run(".", "--write-baseline", "accepted.json")
    tree({"b.py": BROKEN})
    code, lines = lines_of_baseline(run, ".")
    assert code == 1
    assert "--> b.py" in lines[1]
    assert not any("moved" in line for line in lines)


def test_a_moved_file_may_hold_something_new(tree, run):
    folder = tree({"a.py": BROKEN})
    run(".", "--write-baseline", "accepted.json")
    (folder / "a.py").unlink()
    tree({"b.py": TWO, "c.py": BROKEN})
    code, lines = lines_of_baseline(run, ".", "--output-format", "concise")
    assert code == 1
    assert [line.split(":")[0] for line in lines if "GRD101" in line] == ["b.py", "c.py"]
    assert any("1 accepted finding moved from a.py to b.py" in line for line in lines)


def test_the_baseline_knows_files_from_its_own_folder(tree, run):
    folder = tree({"p/a.py": BROKEN})
    run("p", "--write-baseline", "accepted.json")
    assert json.loads((folder / "accepted.json").read_text())["accepted"][0]["filename"] == "p/a.py"
    assert run("a.py", "--baseline", "../accepted.json", cwd=folder / "p").returncode == 0
