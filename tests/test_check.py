"""Files to diagnostics: workers, crashes, dialects, fingerprints, suppressions."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import pytest

from gradlint.check import Options, check_paths, check_source
from gradlint.diagnostics import Severity
from gradlint.errors import UsageError
from gradlint.run import Dialect
from gradlint.selection import Selection
from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, WHOLE

pytestmark = pytest.mark.static

checking = sys.modules["gradlint.check"]
following = sys.modules["gradlint.following"]


def codes(text: str, **options: object) -> list[str]:
    return [finding.code for finding in check_source(text, **options)]


def test_check_source():
    (finding,) = check_source(BROKEN, "model.py")
    assert finding.code == "GRD101"
    assert finding.filename == "model.py"
    assert finding.location.row == BROKEN_ROW
    assert finding.severity is Severity.ERROR
    assert finding.dialect is Dialect.ANY
    assert finding.fingerprint
    assert codes(HEALTHY) == []


@pytest.mark.parametrize("character", ["\x0c", "\x1c", "\u2028", "\x85"])
def test_what_is_no_line_end_for_python_is_none_here(character):
    (finding,) = check_source(f"# a{character}b\nx = 'é{character}'\n" + BROKEN)
    (plain,) = check_source("# ab\nx = 'é'\n" + BROKEN)
    assert (finding.span, finding.message, finding.stops) == (plain.span, plain.message, plain.stops)


def test_the_dialect_decides():
    assert codes(WHOLE, keras="2") == []
    assert codes(WHOLE, keras="3") == ["GRD104"]
    (finding,) = check_source(WHOLE)
    assert (finding.severity, finding.dialect) == (Severity.NOTE, Dialect.KERAS_3)
    assert finding.message.startswith("on Keras 3: ")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ["note"]),
        ({"requirements.txt": "tensorflow>=2.10\n"}, ["note"]),
        ({"requirements.txt": "tensorflow<2.16\n"}, []),
        ({"requirements.txt": "keras>=3\n"}, ["error"]),
        ({"pyproject.toml": '[project]\ndependencies = ["tf-keras~=2.18", "tensorflow>=2.18"]\n'}, []),
        ({"pyproject.toml": '[project]\ndependencies = ["tf-keras", "keras", "tensorflow>=2.18"]\n'}, ["note"]),
        ({"requirements.txt": "keras>=3\n", "pyproject.toml": "[tool.gradlint]\nkeras = 2\n"}, []),
        ({"gradlint.toml": 'keras = "3"\n'}, ["error"]),
    ],
)
def test_the_dialect_comes_from_config_and_declared_dependencies(tree, files, expected):
    tree({"package/model.py": WHOLE, **files})
    result = check_paths(["package"], Options())
    assert [finding.severity.value for finding in result.diagnostics] == expected


def test_the_file_goes_before_the_dependencies_and_the_command_line_before_all(tree):
    tree({"model.py": "import tf_keras\n" + WHOLE, "requirements.txt": "keras>=3\n"})
    assert check_paths(["."], Options()).diagnostics == ()
    assert len(check_paths(["."], Options(keras=Dialect.KERAS_3)).diagnostics) == 1


def test_any_number_of_workers_gives_the_same_bytes(tree, run):
    padding = ("# " + "x " * 50 + "\n") * 200
    files = {f"package/m{number:02}.py": padding + BROKEN for number in range(40)}
    files["notebooks/n.ipynb"] = json.dumps({"cells": [{"cell_type": "code", "source": [padding, BROKEN]}]})
    files["own/gradlint.toml"] = '[vocabulary]\ncarriers = {"my.Holder" = "bijector"}\n'
    files["own/m.py"] = padding + "import my\n" + BROKEN.replace("tfp.distributions.Normal", "my.Holder")
    tree({**files, "package/bad.py": "tf.Variable(\n"})
    outputs = {run(".", "--output-format", "json", "--jobs", jobs).stdout for jobs in ("1", "2", "4")}
    assert len(outputs) == 1
    found = [finding["code"] for finding in json.loads(outputs.pop())]
    assert (len(found), found.count("GRD102")) == (43, 1)


def test_findings_are_sorted(tree):
    tree({"b.py": BROKEN, "a/z.py": BROKEN, "a.py": BROKEN + BROKEN.replace("Normal", "Other", 1)})
    found = check_paths(["b.py", "a.py", "a"], Options()).diagnostics
    assert list(found) == sorted(found, key=lambda finding: finding.sort_key)


def test_each_file_is_checked_once(tree):
    folder = tree({"a.py": BROKEN})
    found = check_paths(["a.py", "./a.py", ".", str(folder / "a.py")], Options())
    assert (found.files, len(found.diagnostics)) == (1, 1)


def test_a_crash_stays_with_its_file(tree, monkeypatch):
    tree({"a.py": BROKEN, "b.py": BROKEN})
    analyse = following.analyse_source

    def failing(text, filename, *rest):
        if filename == "a.py":
            raise KeyError("surprise")
        return analyse(text, filename, *rest)

    monkeypatch.setattr(following, "analyse_source", failing)
    result = check_paths(["."], Options())
    assert [(finding.filename, finding.code) for finding in result.diagnostics] == [
        ("a.py", "GRD900"),
        ("b.py", "GRD101"),
    ]
    assert "KeyError: 'surprise'" in result.diagnostics[0].message
    assert result.failed


def test_a_crash_stays_with_its_rule(tree, monkeypatch):
    tree({"a.py": BROKEN})
    ask = following.ask_rules

    def failing(run, chosen):
        if chosen == ["GRD204"]:
            raise ZeroDivisionError
        return ask(run, chosen)

    monkeypatch.setattr(following, "ask_rules", failing)
    crash, finding = check_paths(["."], Options()).diagnostics
    assert crash.code == "GRD900"
    assert "GRD204: ZeroDivisionError" in crash.message
    assert finding.code == "GRD101"


def test_a_crash_of_the_prefilter_stays_with_its_file(tree, monkeypatch):
    tree({"a.py": BROKEN, "b.py": BROKEN})
    worth = checking.is_worth_following

    def failing(data, path, finder):
        if path.endswith("a.py"):
            raise KeyError("surprise")
        return worth(data, path, finder)

    monkeypatch.setattr(checking, "is_worth_following", failing)
    found = check_paths(["."], Options()).diagnostics
    assert [(finding.filename, finding.code) for finding in found] == [("a.py", "GRD900"), ("b.py", "GRD101")]


@pytest.mark.skipif(sys.platform != "linux", reason="the fault is injected by fork")
def test_a_worker_that_dies_takes_only_its_file_with_it(tree, monkeypatch):
    padding = "# " + "x" * 100_000 + "\n"
    tree({f"m{number}.py": padding + BROKEN for number in range(6)})
    analyse = following.analyse_source

    def dying(text, filename, *rest):
        if filename == "m3.py":
            os._exit(1)
        return analyse(text, filename, *rest)

    monkeypatch.setattr(following, "analyse_source", dying)
    found = check_paths(["."], Options(jobs=2)).diagnostics
    assert [finding.code for finding in found] == ["GRD101"] * 3 + ["GRD900"] + ["GRD101"] * 2


def test_a_crash_cannot_be_silenced(tree, monkeypatch):
    tree({"a.py": "# gradlint: ignore-file\n" + BROKEN})

    def failing(*_):
        raise RuntimeError

    monkeypatch.setattr(following, "analyse_source", failing)
    options = Options(selection=Selection(select=("GRD101",), ignore=("GRD900",)))
    assert check_paths(["."], options).failed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"w = tf.Variable(1.)\nprint w\n", "cannot be parsed"),
        (b"w = tf.Variable(1.)\nx = '\xff'\n", "cannot be decoded"),
        (b"# coding: no-such\nw = tf.Variable(1.)\n", "cannot be decoded"),
        (b"w = tf.Variable(1.)\0\n", "cannot be parsed"),
        (b"w = tf.Variable(" + b"(" * 5000 + b")" * 5000 + b")\n", "cannot be parsed"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_one_finding(tree, content, words):
    tree({"bad.py": content, "good.py": BROKEN})
    bad, good = check_paths(["."], Options()).diagnostics
    assert (bad.code, bad.filename) == ("GRD901", "bad.py")
    assert words in bad.message
    assert good.code == "GRD101"


def test_a_file_without_a_trigger_need_not_be_parsed(tree):
    tree({"bad.py": "print 'Python 2'\n"})
    result = check_paths(["."], Options())
    assert (result.diagnostics, result.files, result.followed) == ((), 1, 0)


def test_warnings_of_the_parser_are_kept_off_the_terminal(tree, run):
    tree({"a.py": 'x = "\\d"\n' + HEALTHY})
    assert run("a.py").stderr == ""


def test_nothing_to_check(tree):
    tree({"notes.txt": "no Python\n"})
    with pytest.raises(UsageError, match="nothing to check"):
        check_paths(["."], Options())


def test_a_rule_that_is_off_runs_if_it_is_selected():
    on = {"GRD101": True, "GRD108": False, "GRD900": True, "GRD901": True}
    from gradlint.selection import chosen

    assert "GRD108" not in chosen([Selection()], on)
    assert "GRD108" in chosen([Selection(extend_select=("GRD108",))], on)
    assert chosen([Selection(select=("GRD108",))], on) == {"GRD108", "GRD900", "GRD901"}
    assert chosen([Selection(select=("ALL",), ignore=("GRD9",))], on) == {"GRD101", "GRD108", "GRD900"}
    assert "GRD101" in chosen([Selection(ignore=("GRD1",)), Selection(extend_select=("GRD101",))], on)


def test_the_name_of_the_package_is_a_function_whatever_was_imported(tree):
    import gradlint

    tree({"a.py": BROKEN})
    for _ in range(2):
        assert [finding.code for finding in gradlint.check(["a.py"])] == ["GRD101"]
        assert gradlint.check(["a.py"], ignore=["GRD1"]) == []
        assert [finding.code for finding in gradlint.check_source(BROKEN)] == ["GRD101"]


def test_merging_keeps_what_is_broken_in_both_dialects_for_two_causes():
    from gradlint.merging import merge

    (finding,) = check_source(BROKEN, keras="2")
    other = replace(finding, code="GRD302", span=replace(finding.span, row=7), dialect=Dialect.KERAS_3)
    merged = list(merge([finding], [other]))
    assert [one.severity for one in merged] == [Severity.ERROR, Severity.ERROR]
    assert [one.message[:11] for one in merged] == ["on Keras 2:", "on Keras 3:"]


def test_merging_takes_codes_of_one_family_for_one_finding():
    from gradlint.merging import merge

    (finding,) = check_source(BROKEN, keras="2")
    other = replace(finding, code="GRD104", span=replace(finding.span, column=1), dialect=Dialect.KERAS_3)
    (merged,) = merge([finding], [other])
    assert (merged.code, merged.dialect, merged.severity) == ("GRD101", Dialect.ANY, Severity.ERROR)


@pytest.mark.parametrize("body", ["...", '"""The mean."""\n        ...', "raise NotImplementedError"])
def test_what_heirs_are_to_define_uses_no_weight_in_vain(body):
    text = f"""
import tensorflow as tf

class Model:
    def predict(self, points):
        {body}

class Chooser:
    def __init__(self):
        self.model = Model()

    def choose(self):
        points = tf.Variable(tf.ones([3]))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self.model.predict(points))
        return tape.gradient(loss, points)
"""
    assert check_source(text) == []
    assert check_source(text.replace(body, "return 1.0")) != []


LINKS = {
    "links/__init__.py": "from . import rounding\nfrom .table import link\n",
    "links/table.py": """
LINKS = {}

def register(name):
    def enter(function):
        LINKS[name] = function
        return function
    return enter

def link(name):
    return LINKS[name]
""",
    "links/rounding.py": """
import tensorflow as tf
from .table import register

@register("hard")
def hard(x):
    return tf.round(x)

@register("soft")
def soft(x):
    return tf.nn.softplus(x)
""",
}


@pytest.mark.parametrize(("name", "expected"), [("hard", ["GRD202"]), ("soft", [])])
def test_a_module_is_imported_for_what_it_enters_in_a_table(tree, name, expected):
    script = f"""
import tensorflow as tf
from links import link

w = tf.Variable([1.5, -0.2])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(link("{name}")(w * 2.0))
gradient = tape.gradient(loss, w)
"""
    found = check_paths([str(tree({**LINKS, "main.py": script}))], Options(isolated=True)).diagnostics
    assert [one.code for one in found] == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("from lib import model\n", ["GRD101"]),
        ("import tensorflow as tf\nfrom lib import other\n\nx = tf.compat.v1.placeholder(tf.float32)\n", ["GRD101"]),
        ("import tensorflow as tf\nfrom lib import model\n\nx = tf.compat.v1.placeholder(tf.float32)\n", []),
        ("from keras import backend as K\nfrom lib import model\n\nx = K.placeholder(shape=(None,))\n", []),
        ("import requests\nfrom lib import model\n\nrequests.Session()\n", ["GRD101"]),
        ("import tensorflow as tf\nfrom lib.between import Layer\n\nsession = tf.Session()\n", []),
    ],
)
def test_nothing_is_frozen_in_graphs_that_a_session_runs(tree, script, expected):
    tree({"pyproject.toml": "", "lib/__init__.py": "", "lib/other.py": "", "lib/model.py": BROKEN, "main.py": script})
    tree({"lib/between.py": "from lib import model\n\nLayer = object\n"})
    assert [one.code for one in check_paths(["lib/model.py"], Options()).diagnostics] == expected
