"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import pytest

from gradlint.check import Options, check_paths, check_source
from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, WHOLE

pytestmark = pytest.mark.static


def codes(text: str, **options: object) -> list[str]:
    return [finding.code for finding in check_source(text, **options)]


def edited(comment: str, row: int = BROKEN_ROW, text: str = BROKEN) -> str:
    lines = text.split("\n")
    lines[row - 1] += comment
    return "\n".join(lines)


@pytest.mark.parametrize(
    "comment",
    [
        "  # gradlint: ignore[GRD101] it is a prior",
        "  # gradlint: ignore",
        "  # gradlint: ignore[GRD1]",
        "  # noqa: GRD101",
        "  # noqa: E501, GRD101",
        "  # NOQA:GRD101 for now",
        "  # type: ignore # gradlint: ignore[GRD101]",
    ],
)
def test_suppressions(comment):
    assert codes(edited(comment)) == []


@pytest.mark.parametrize(
    ("comment", "idle"),
    [
        ("  # gradlint: ignore[GRD102]", "`GRD102` suppresses nothing"),
        ("  # gradlint: ignore[grd2]", "`grd2` suppresses nothing"),
        ("  # gradlint: ignore[GRD1O1]", '`GRD1O1` suppresses nothing: no rule is called so; did you mean "GRD101"?'),
        ("  # gradlint: ignore[E501]", "`E501` suppresses nothing: no rule is called so"),
        ("  # gradlint: ignore[]", "`# gradlint: ignore[]` names no code, so it suppresses nothing"),
        ("  # noqa: GRD102", "`GRD102` suppresses nothing"),
        ("  # noqa: E501, GRD999", "`GRD999` suppresses nothing: no rule is called so"),
        ("  # noqa", None),
        ("  # noqa: E501", None),
        ("  # gradlint: ignored", None),
        ("  # gradlint: ignore[GRD102, GRD902]", None),
    ],
)
def test_what_is_no_suppression(comment, idle):
    found = {finding.code: finding for finding in check_source(edited(comment))}
    about = found.pop("GRD902", None)
    assert list(found) == ["GRD101"]
    if idle is None:
        assert about is None
    else:
        assert about is not None
        assert about.message.startswith(idle)
        line = edited(comment).split("\n")[about.span.row - 1]
        assert line[about.span.column - 1 : about.span.end_column - 1] == idle.split("`")[1]


def test_each_code_of_a_suppression_is_judged():
    (finding,) = check_source(edited("  # gradlint:ignore[GRD204, GRD101]"))
    assert finding.message == "`GRD204` suppresses nothing"


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (HEALTHY + "# gradlint: ignore\n", {}, ["GRD902"]),
        (HEALTHY + "# gradlint: ignore-file[GRD1]\n", {}, ["GRD902"]),
        (HEALTHY + "# gradlint: ignore-file\n", {}, []),
        # what was not asked for
        (HEALTHY + "# gradlint: ignore[GRD101]\n", {"ignore": ["GRD101"]}, []),
        (HEALTHY + "# gradlint: ignore[GRD1]\n", {"ignore": ["GRD101"]}, []),
        (HEALTHY + "# gradlint: ignore\n", {"ignore": ["GRD204"]}, []),
        (HEALTHY + "# gradlint: ignore[GRD101]\n", {"ignore": ["GRD9"]}, []),
        (HEALTHY + "# gradlint: ignore[GRD101]\n", {"select": ["GRD101"]}, []),
        (HEALTHY + "# gradlint: ignore[GRD101]\n", {"select": ["GRD101", "GRD902"]}, ["GRD902"]),
        # what the other Keras needs
        (edited("  # gradlint: ignore[GRD104]", text=WHOLE), {"keras": "2"}, []),
        (edited("  # gradlint: ignore[GRD104]", text=WHOLE), {}, []),
        (edited("  # gradlint: ignore[GRD101]", text=WHOLE), {"keras": "2"}, ["GRD902"]),
        (HEALTHY + "# gradlint: ignore[GRD501]\n", {}, []),
        # what was not followed to its end
        ("# gradlint: ignore[GRD101]\nw = tf.Variable(\n", {}, ["GRD901"]),
        # a suppression of the finding itself
        (HEALTHY + "# gradlint: ignore[GRD101] # gradlint: ignore[GRD902]\n", {}, []),
        (HEALTHY + "# gradlint: ignore-file[GRD9]\nx = 1  # gradlint: ignore[GRD101]\n", {}, []),
    ],
)
def test_a_suppression_of_nothing(text, options, expected):
    assert codes(text, **options) == expected


def test_in_a_file_that_is_not_followed_nothing_is_said(tree, run):
    tree({"a.py": "x = 1  # noqa: GRD101\n"})
    assert check_paths(["."], Options()).diagnostics == ()
    assert run("-", stdin="x = 1  # noqa: GRD101\n").returncode == 0


HELPERS = """\
import tensorflow as tf


def rounded(x):
    return tf.round(x)  # gradlint: ignore[GRD202]
"""
MODEL = """\
import tensorflow as tf

from package.helpers import rounded


class Rounding(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=[1])

    def call(self, inputs):
        return inputs + rounded(self.w)
"""


def test_what_other_files_need_is_of_use(tree):
    files = {"pyproject.toml": "", "package/__init__.py": "", "package/helpers.py": HELPERS}
    tree({**files, "model.py": MODEL.replace("rounded(self.w)", "self.w") + "rounded(tf.Variable(1))\n"})
    for named in (["."], ["package"]):
        assert [finding.code for finding in check_paths(named, Options()).diagnostics] == ["GRD902"]
    tree({"model.py": MODEL})
    for named in (["."], ["package"], ["package/helpers.py"], ["model.py", "package"]):
        assert [finding.code for finding in check_paths(named, Options()).diagnostics] == []
    tree({f"many/m{number}.py": MODEL for number in range(60)})
    idle = HELPERS.replace("GRD202", "GRD203")
    tree({"package/helpers.py": idle})
    assert [finding.code for finding in check_paths(["package"], Options()).diagnostics] == []
    assert "GRD902" in [finding.code for finding in check_paths(["."], Options()).diagnostics]
    tree({"package/helpers.py": HELPERS.split("#")[0]})
    assert {finding.code for finding in check_paths(["."], Options()).diagnostics} == {"GRD202"}


def test_a_suppression_in_a_string_is_none():
    assert codes(BROKEN.replace('name="mean"', 'name="# gradlint: ignore-file"')) == ["GRD101"]


def test_a_suppression_elsewhere_is_none():
    assert codes(edited("  # gradlint: ignore", BROKEN_ROW - 1)) == ["GRD902", "GRD101"]


@pytest.mark.parametrize("row", [8, 9, 10])
def test_a_suppression_counts_on_any_line_of_the_statement(row):
    long = BROKEN.replace("Normal(self.mu[0], 1.0)", "Normal(\n            self.mu[0],\n            1.0)")
    assert codes(long) == ["GRD101"]
    assert codes(edited("  # gradlint: ignore[GRD101] why", row, long)) == []
    assert codes(edited("  # gradlint: ignore[GRD101] why", 7, long)) == ["GRD902", "GRD101"]


def test_ignore_file():
    assert codes(BROKEN + "\n# gradlint: ignore-file\n") == []
    assert codes(BROKEN + "\n# gradlint: ignore-file[GRD101]\n") == []
    assert codes(BROKEN + "\n# gradlint: ignore-file[GRD2]\n") == ["GRD101", "GRD902"]


def test_ignore_file_counts_in_a_file_that_cannot_be_parsed():
    assert codes("# gradlint: ignore-file\nw = tf.Variable(\n") == []
