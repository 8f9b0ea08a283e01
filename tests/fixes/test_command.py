"""`--fix`, `--unsafe-fixes` and `--diff` on files: what is written, and what is left as it was."""

from __future__ import annotations

import json
import re
import stat

import pytest

from tests.conftest import BROKEN

pytestmark = pytest.mark.static

FIXED = BROKEN.replace(
    "        self.distribution = tfp.distributions.Normal(self.mu[0], 1.0)\n",
    "\n    @property\n    def distribution(self):\n        return tfp.distributions.Normal(self.mu[0], 1.0)\n",
)

WRITTEN = {
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "old Macintosh": lambda text: text.replace("\n", "\r").encode(),
    "windows, no last newline": lambda text: text.rstrip("\n").replace("\n", "\r\n").encode(),
    "mixed line ends": lambda text: (
        text.replace("\n", "\r\n").replace("tf\r\n", "tf\n").replace(" tfp\r", " tfp").encode()
    ),
    "byte order mark and cookie": lambda text: ("# coding: utf-8\n" + text + "# \xe4\n").encode("utf-8-sig"),
    "latin 1": lambda text: ("# -*- coding: latin-1 -*-\n" + text + "# \xe4\n").encode("latin-1"),
    "cp1252": lambda text: ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n" + text + "# \u20ac\n").encode(
        "cp1252"
    ),
    "shift jis": lambda text: ("# coding: shift_jis\n" + text.replace("mean", "\u8868") + "# \u30bd\n").encode(
        "shift_jis"
    ),
    "koi8-r": lambda text: ("# coding=koi8-r\n" + text.replace("mean", "\u0446")).encode("koi8-r"),
    "separators that are no line ends": lambda text: (text + '# \x85\u2028\x1c\x0b\ns = "\u2029\x85"\n').encode(),
    "tabs": lambda text: text.replace("    ", "\t").encode(),
    "two spaces": lambda text: text.replace("    ", "  ").encode(),
    "no last newline": lambda text: text.rstrip("\n").encode(),
    "form feeds": lambda text: text.replace("class", "\f\nclass").encode(),
    "form feeds between methods": lambda text: text.replace("\n    def call", "\f\n    def call").encode(),
    "tabs and blanks": lambda text: re.sub(r"(?m)^ {4}(?=\S)", "\t", text.replace(" " * 8, "\t  ")).encode(),
    "a line that goes on": lambda text: text.replace(" = self.add", " = \\\n            self.add").encode(),
    "a string of several lines": lambda text: text.replace(
        "import tensorflow as", '"""One.\r\n\ttwo  \n"""\nimport tensorflow as', 1
    ).encode(),
    "trailing blanks": lambda text: text.replace(":\n", ":  \n").replace("1.0)\n", "1.0) \n").encode(),
}


def test_a_fix_is_written_once(run, tree):
    folder = tree({"model.py": BROKEN})
    (folder / "model.py").chmod(0o640)
    done = run("--fix", "model.py")
    assert (folder / "model.py").read_text() == FIXED
    assert stat.S_IMODE((folder / "model.py").stat().st_mode) == 0o640
    assert "Fixed 1 finding in 1 file." in done.stderr
    assert done.returncode == 0, done.stdout
    assert "Nothing to fix." in run("--fix", "model.py").stderr
    assert (folder / "model.py").read_text() == FIXED


@pytest.mark.parametrize("written", WRITTEN)
def test_what_is_not_edited_stays(run, tree, written):
    folder = tree({"model.py": WRITTEN[written](BROKEN)})
    run("--fix", "model.py")
    expected = WRITTEN[written](FIXED)
    if written == "trailing blanks":
        expected = expected.replace(b"(self):  \n        return", b"(self):\n        return")
    assert (folder / "model.py").read_bytes() == expected


def test_what_would_not_stay_as_it_is_is_not_edited(run, tree):
    other_way = b"# coding: iso-2022-jp\n" + BROKEN.encode() + b'# \x1b$B\x1b(B\x1b$B$"\x1b(B\n'
    folder = tree({"model.py": other_way})
    done = run("--fix", "model.py")
    assert "model.py: cannot be fixed: iso-2022-jp has several ways of writing its text" in done.stderr
    assert done.returncode == 2
    assert (folder / "model.py").read_bytes() == other_way


def test_a_diff_writes_nothing(run, tree):
    folder = tree({"model.py": BROKEN})
    done = run("--diff", "model.py")
    assert done.returncode == 1
    assert "\n-        self.distribution = tfp" in done.stdout
    assert "\n+    def distribution(self):" in done.stdout
    assert (folder / "model.py").read_text() == BROKEN
    assert run("--diff", "--exit-zero", "model.py").returncode == 0
    (folder / "model.py").write_text(FIXED)
    done = run("--diff", "model.py")
    assert (done.returncode, done.stdout) == (0, "")


def test_standard_input_comes_back_fixed(run):
    done = run("--fix", "-", stdin=BROKEN)
    assert (done.returncode, done.stdout) == (0, FIXED)


def test_the_json_report_holds_the_fix(run, tree):
    tree({"model.py": BROKEN})
    (finding,) = json.loads(run("--output-format", "json", "model.py").stdout)
    fix = finding["fix"]
    assert fix["applicability"] == "safe"
    assert fix["message"] == "make `self.distribution` a property"
    assert "".join(edit["content"] for edit in fix["edits"]) in FIXED


def test_what_is_suppressed_or_not_selected_is_not_fixed(run, tree):
    folder = tree({"model.py": BROKEN.replace("1.0)", "1.0)  # gradlint: ignore[GRD101] meant")})
    before = (folder / "model.py").read_text()
    run("--fix", "model.py")
    assert (folder / "model.py").read_text() == before
    (folder / "model.py").write_text(BROKEN)
    run("--fix", "--ignore", "GRD101", "model.py")
    assert (folder / "model.py").read_text() == BROKEN


def test_what_the_baseline_accepts_is_not_fixed(run, tree):
    folder = tree({"model.py": BROKEN, "new.py": BROKEN.replace("mu", "nu")})
    run("--write-baseline", "accepted.json", "model.py")
    done = run("--fix", "--baseline", "accepted.json", ".")
    assert "Fixed 1 finding in 1 file." in done.stderr
    assert (folder / "model.py").read_text() == BROKEN
    assert (folder / "new.py").read_text() == FIXED.replace("mu", "nu")
    (folder / "moved.py").write_text(BROKEN)
    (folder / "model.py").write_text("")
    assert "Nothing to fix." in run("--fix", "--baseline", "accepted.json", ".").stderr
    assert "Fixed 1 finding in 1 file." in run("--fix", ".").stderr


def test_what_another_module_assigns_is_left(run, tree):
    folder = tree(
        {
            "model.py": BROKEN,
            "heir.py": "from model import NormalLikelihood\n\n\nclass Heir(NormalLikelihood):\n"
            "    def build(self, shape):\n        super().build(shape)\n        self.distribution = None\n",
        }
    )
    run("--fix", "--unsafe-fixes", "model.py")
    assert (folder / "model.py").read_text() == BROKEN


def test_a_crash_stays_with_its_file(tree, monkeypatch, capsys):
    from gradlint import cli, following

    folder = tree({"good.py": BROKEN, "bad.py": BROKEN})
    offering = following._offering

    def failing(text, task, *rest):
        if task.source.path == "bad.py":
            raise RuntimeError("oh no")
        return offering(text, task, *rest)

    monkeypatch.setattr(following, "_offering", failing)
    assert cli.main(["--fix", "."]) == 2
    assert "bad.py: gradlint itself failed on fixing this file: RuntimeError: oh no" in capsys.readouterr().err
    assert (folder / "bad.py").read_text() == BROKEN
    assert (folder / "good.py").read_text() == FIXED
    assert cli.main(["--output-format", "json", "."]) == 2
    assert [one["code"] for one in json.loads(capsys.readouterr().out)] == ["GRD900", "GRD101"]


def test_a_fix_for_one_keras_is_unsafe_where_the_other_may_be_meant(run, tree, programs):
    folder = tree({"model.py": programs["whole"]})
    run("--fix", "model.py")
    assert (folder / "model.py").read_text() == programs["whole"]
    run("--fix", "--keras", "3", "model.py")
    assert (folder / "model.py").read_text() == FIXED.replace("self.mu[0]", "self.mu")
