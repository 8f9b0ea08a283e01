"""`[tool.gradlint]`."""

from __future__ import annotations

import pytest

from gradlint.check import Options, check_paths
from gradlint.config import Configs, read_config
from gradlint.errors import UsageError
from gradlint.run import Dialect
from tests.conftest import BROKEN

pytestmark = pytest.mark.static


def test_every_setting(tree):
    folder = tree(
        {
            "pyproject.toml": """
                [tool.gradlint]
                select = ["grd1", "GRD2"]
                extend-select = ["GRD302"]
                ignore = ["GRD204"]
                exclude = ["old"]
                extend-exclude = ["older"]
                keras = "3"
                [tool.gradlint.per-file-ignores]
                "tests/*" = ["ALL"]
            """
        }
    )
    config = read_config(str(folder / "pyproject.toml"))
    assert config is not None
    assert config.selection.select == ("GRD1", "GRD2")
    assert config.selection.extend_select == ("GRD302",)
    assert config.selection.ignore == ("GRD204",)
    assert config.exclude == ("old",)
    assert config.extend_exclude == ("older",)
    assert config.keras is Dialect.KERAS_3
    assert config.ignored_in(str(folder / "tests" / "x.py")) == ("ALL",)
    assert config.ignored_in(str(folder / "x.py")) == ()


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        ("slect = []", 1, 'gradlint has no setting "slect"; did you mean "select"?'),
        (
            "ignore = []\nextend_exclude = []",
            2,
            'gradlint has no setting "extend_exclude"; did you mean "extend-exclude"?',
        ),
        ('select = "GRD1"', 1, "\"select\" must be a list of strings, not 'GRD1'"),
        ("# exclude = [2]\nexclude = [1]", 2, '"exclude" must be a list of strings, not [1]'),
        ("\n\nkeras = 4", 3, '"keras" must be 2, 3 or "auto", not 4'),
        ("keras = true", 1, '"keras" must be 2, 3 or "auto", not True'),
        ('ignore = [\n  "GRD1",\n  "GRD1O1",\n]', 1, '"ignore": no rule is called "GRD1O1"; did you mean "GRD101"?'),
        (
            'accept = "bert/*"',
            1,
            "\"accept\" must be a list of weights or a table of weights and reasons, not 'bert/*'",
        ),
        ("keras = 2\naccept = [2]", 2, '"accept" must be a list of weights or a table of weights and reasons, not [2]'),
        ('[accept]\n"a/*" = "meant"\n"b/*" = true', 3, '"accept.b/*" must be a reason in words, not True'),
        ("per-file-ignores = []", 1, '"per-file-ignores" must be a table of patterns and codes, not []'),
        ('per-file-ignores = {"a" = ["X"]}', 1, '"per-file-ignores.a": no rule is called "X"'),
        ('[per-file-ignores]\n"b.py" = []\n"a/*.py" = ["X"]', 3, '"per-file-ignores.a/*.py": no rule is called "X"'),
        ("keras = 2\nselect = [", 2, "is not TOML: Invalid value"),
    ],
)
def test_a_mistake_is_one_exact_line(tree, run, content, row, words):
    tree({"gradlint.toml": content, "a.py": BROKEN})
    done = run("a.py")
    assert done.returncode == 2
    assert done.stderr.startswith(f"gradlint: gradlint.toml:{row}: {words}")
    assert done.stderr.count("\n") == 1


def test_a_mistake_in_pyproject_is_named_by_its_line_there(tree, run):
    tree(
        {
            "p/pyproject.toml": "[project]\nselect = 1\n[tool.other]\nslect = 1\n\n[tool.gradlint]\nslect = 2\n",
            "p/a.py": "",
        }
    )
    assert run("p").stderr == (
        'gradlint: p/pyproject.toml:7: gradlint has no setting "slect"; did you mean "select"?\n'
    )
    tree({"p/pyproject.toml": "[tool]\n\ngradlint = 3\n"})
    assert run("p").stderr == "gradlint: p/pyproject.toml:3: tool.gradlint must be a table, not 3\n"


def test_the_nearest_config_holds(tree):
    folder = tree(
        {
            "pyproject.toml": "[tool.gradlint]\nignore = ['GRD1']\n",
            "a.py": BROKEN,
            "inner/gradlint.toml": "select = ['GRD1']\n",
            "inner/b.py": BROKEN,
            "other/pyproject.toml": "[project]\nname = 'x'\n",
            "other/c.py": BROKEN,
        }
    )
    for named in ([str(folder)], [str(folder / name) for name in ("a.py", "inner/b.py", "other/c.py")]):
        assert [finding.filename for finding in check_paths(named, Options()).diagnostics] == ["inner/b.py"]


def test_a_broken_pyproject_of_another_tool_is_none_of_our_business(tree):
    tree({"pyproject.toml": "[tool.other\n", "a.py": BROKEN})
    assert len(check_paths(["."], Options()).diagnostics) == 1


def test_config_and_isolated(tree, run):
    tree(
        {
            "gradlint.toml": "ignore = ['GRD1']\n",
            "strict.toml": "select = ['ALL']\n",
            "pyproject.toml": "[tool.gradlint]\nignore = ['GRD2']\n",
            "a.py": BROKEN,
        }
    )
    assert run("a.py").returncode == 0
    assert run("a.py", "--isolated").returncode == 1
    assert run("a.py", "--config", "strict.toml").returncode == 1
    assert run("a.py", "--config", "pyproject.toml").returncode == 1


def test_per_file_ignores(tree):
    tree({"gradlint.toml": "[per-file-ignores]\n'*_old.py' = ['GRD101']\n", "a_old.py": BROKEN, "a.py": BROKEN})
    assert [finding.filename for finding in check_paths(["."], Options()).diagnostics] == ["a.py"]


def test_keras_auto_on_the_command_line_passes_over_the_config(tree, run):
    from tests.conftest import WHOLE

    tree({"gradlint.toml": "keras = 3\n", "a.py": WHOLE})
    assert run("a.py").returncode == 1
    assert run("a.py", "--keras", "auto").returncode == 0


def test_a_config_that_is_given_must_have_our_table(tree):
    folder = tree({"pyproject.toml": "[project]\n"})
    with pytest.raises(UsageError, match=r"has no table \[tool.gradlint\]"):
        Configs(given=str(folder / "pyproject.toml")).of(str(folder))
