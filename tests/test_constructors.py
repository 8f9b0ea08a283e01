"""GRD108: the static half and the tape give one answer on every program in `fixtures/constructors/`.

A new case is a new file there: a script that makes an object of a class of its own from variables, ends by setting
`gradients`, and names on the line of each finding the parameters that are frozen there (`# expect: loc, scale`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradlint.check import Options, check_paths
from gradlint.rules import check
from gradlint.run import Dialect
from gradlint.selection import Selection
from gradlint.static import analyse_source

PROGRAMS = sorted((Path(__file__).parents[1] / "fixtures" / "constructors").glob("*.py"))
EXPECTED = re.compile(r"# expect: (.*)$")


every_program = pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)


def expected(text: str) -> set[tuple[int, str]]:
    """Rows and parameters."""
    found = set()
    for row, line in enumerate(text.splitlines(), 1):
        for match in EXPECTED.finditer(line):
            found |= {(row, name.strip()) for name in match[1].split(",")}
    return found


def frozen(text: str) -> set[str]:
    """The variables that the tape has no gradient for."""
    namespace: dict[str, object] = {"__name__": "program"}
    exec(compile(text, "program", "exec"), namespace)
    return {name for name, gradient in namespace["gradients"].items() if gradient is None}


@pytest.mark.tape
@every_program
def test_tape_agrees(path: Path) -> None:
    pytest.importorskip("tensorflow_probability")
    text = path.read_text()
    assert frozen(text) == {name for _, name in expected(text)}


@pytest.mark.static
@every_program
def test_static_half_agrees(path: Path) -> None:
    analysis = analyse_source(path.read_text(), path.name, (Dialect.KERAS_2,), constructors=True)
    assert not analysis.not_checked
    found = [finding for run in analysis.runs for finding in check(run, ["GRD108"])]
    assert {(finding.span.row, finding.weight) for finding in found} == expected(path.read_text())


# --- which files are followed ------------------------------------------------------------------------------------

BASE = """
import tensorflow as tf
import tensorflow_probability as tfp


class Base(tfp.distributions.Distribution):
    pass
"""
HEIR = """
import tensorflow as tf
from {module} import {name}


class Heir({written}):
    def __init__(self, loc):
        self._loc = tf.convert_to_tensor(loc)

    def _log_prob(self, value):
        return value - self._loc
"""
SELECTED = Options(selection=Selection(extend_select=("GRD108",)))


@pytest.mark.static
@pytest.mark.parametrize(
    ("module", "name", "written"),
    [
        ("base", "Base", "Base"),
        (".base", "Base", "Base"),
        (".", "base", "base.Base"),
        (".hub", "Base", "Base"),
        (".hub", "*", "Base"),
        (".hub", "Base as Other", "Other"),
    ],
)
def test_a_class_over_a_class_of_the_project_is_judged(tree, module: str, name: str, written: str) -> None:
    package = "" if module == "base" else "package/"
    heir = HEIR.format(module=module, name=name, written=written)
    files = {f"{package}base.py": BASE, f"{package}hub.py": "from .base import Base\n", f"{package}heir.py": heir}
    if package:
        files[f"{package}__init__.py"] = ""
    tree(files)
    (finding,) = check_paths(["."], SELECTED).diagnostics
    assert (finding.code, finding.weight, finding.filename) == ("GRD108", "loc", f"{package}heir.py")


@pytest.mark.static
def test_a_class_is_judged_only_if_that_is_asked_for(tree) -> None:
    tree(
        {
            "heir.py": HEIR.format(
                module="tensorflow_probability.distributions", name="Distribution", written="Distribution"
            )
        }
    )
    assert check_paths(["."], Options()).followed == 0
    assert check_paths(["."], SELECTED).followed == 1


@pytest.mark.static
def test_a_file_without_such_a_class_is_not_followed(tree) -> None:
    tree({"plain.py": "import os\n\n\nclass Plain(os.PathLike):\n    pass\n"})
    assert check_paths(["."], SELECTED).followed == 0
