"""Notebooks take the way of every other source, and findings are placed in their cells."""

from __future__ import annotations

import ast
import json

import pytest

from gradlint.check import Options, check_paths
from gradlint.notebooks import NotebookError, python_lines, read_notebook
from gradlint.run import Dialect
from tests.conftest import BROKEN, WHOLE

pytestmark = pytest.mark.static


def code(source: str | list[str], **more: object) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}


def notebook(*cells: object, **more: object) -> str:
    listed = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed, **more})


MARKDOWN = {"cell_type": "markdown", "metadata": {}, "source": ["# A title\n", "and words"]}
IMPORTS, _, LAYER = BROKEN.partition("\n\n\n")
ROW = LAYER.split("\n").index(next(line for line in LAYER.split("\n") if "Normal(" in line)) + 1
OLD = json.dumps(
    {
        "nbformat": 3,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 1, "source": ["x"]},
                    {"cell_type": "code", "language": "python", "input": IMPORTS.splitlines(keepends=True)},
                    {"cell_type": "code", "language": "python", "input": [LAYER]},
                ]
            }
        ],
    }
)


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        (notebook(IMPORTS, LAYER), 2),
        (notebook(MARKDOWN, IMPORTS, MARKDOWN, LAYER), 4),
        (notebook(code(IMPORTS.splitlines(keepends=True)), code(LAYER.splitlines(keepends=True))), 2),
        (notebook(IMPORTS.replace("\n", "\r\n"), LAYER.replace("\n", "\r\n")), 2),
        ("\ufeff" + notebook(IMPORTS, LAYER), 2),
        (OLD, 3),
        (notebook("%matplotlib inline\n!pip install tfp-nightly\n" + IMPORTS, "%%bash\necho 'x", LAYER), 3),
        (notebook(IMPORTS, "%%time\n", "x = !ls\n%time y = 1\ntf.Variable?\n??x", LAYER), 4),
        (notebook(IMPORTS, "%%html\n<b>", LAYER, metadata={"language_info": {"name": "python"}}), 3),
    ],
)
def test_a_finding_is_placed_in_its_cell(tree, content, cell):
    tree({"n.ipynb": content})
    (finding,) = check_paths(["n.ipynb"], Options()).diagnostics
    assert (finding.code, finding.span.cell, finding.span.row) == ("GRD101", cell, ROW)
    assert finding.span.column == LAYER.split("\n")[ROW - 1].index("self.mu[0]") + 1
    assert {stop.span.cell for stop in finding.stops} == {cell}


def test_every_report_tells_the_cell(tree, run):
    tree({"n.ipynb": notebook(MARKDOWN, IMPORTS, LAYER)})
    assert f"n.ipynb:cell 3:{ROW}:" in run("n.ipynb", "--output-format", "concise").stdout
    full = run("n.ipynb").stdout
    assert f"--> n.ipynb:cell 3:{ROW}:" in full
    assert f"{ROW} | {LAYER.split(chr(10))[ROW - 1]}" in full
    (finding,) = json.loads(run("n.ipynb", "--output-format", "json").stdout)
    assert (finding["cell"], finding["location"]["row"]) == (3, ROW)
    assert {stop["cell"] for stop in finding["stops"]} == {3}
    assert f"line=1,col=1,endLine=1,endColumn=1,title=GRD101::cell 3, row {ROW}: " in (
        run("n.ipynb", "--output-format", "github").stdout
    )
    piped = run("-", "--stdin-filename", "x/n.ipynb", stdin=notebook(IMPORTS, LAYER)).stdout
    assert f"n.ipynb:cell 2:{ROW}:" in piped
    assert "self.mu[0]" in piped


def test_findings_are_sorted_by_cell(tree):
    other = "\n\n\n\n\n" + LAYER
    tree({"n.ipynb": notebook(IMPORTS, other, LAYER.replace("Likelihood", "Other"))})
    assert [finding.span.cell for finding in check_paths(["."], Options()).diagnostics] == [2, 3]


SCRIPT = """\
import tensorflow as tf

v = tf.Variable([1.0, 2.0])
w = tf.exp(v)
"""
TAPE = """\
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w)
print(tape.gradient(loss, v))
"""


def test_cells_are_one_script(tree):
    tree({"n.ipynb": notebook(SCRIPT, TAPE)})
    (finding,) = check_paths(["."], Options()).diagnostics
    assert (finding.code, finding.span.cell, finding.span.row) == ("GRD109", 1, 4)
    assert {stop.span.cell for stop in finding.stops} == {1, 2}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((IMPORTS, LAYER.replace("1.0)", "1.0)  # gradlint: ignore[GRD101] why")), []),
        ((IMPORTS, LAYER, "# gradlint: ignore-file[GRD101]"), []),
        ((IMPORTS, LAYER, "# gradlint: ignore[GRD101]"), [("GRD101", 2), ("GRD902", 3)]),
    ],
)
def test_suppressions(tree, cells, expected):
    tree({"n.ipynb": notebook(*cells)})
    assert [(one.code, one.span.cell) for one in check_paths(["."], Options()).diagnostics] == expected


@pytest.mark.parametrize(
    ("content", "words", "row"),
    [
        ('{"cells": [\n  {"cell_type": "code",\n', "this notebook is not JSON: ", 3),
        ("<<<<<<< HEAD\n{}", "this notebook is not JSON: ", 1),
        (b"\xff{}", "this notebook is not UTF-8", 1),
        ("[]", "this is no notebook: its JSON is no object", 1),
        ('{"cells": {}}', "this is no notebook: its cells are no list", 1),
        ('{"cells": [1]}', "this is no notebook: its cell 1 is no object", 1),
        ('{"worksheets": [1]}', "this is no notebook: its worksheets are no list of objects", 1),
        (notebook(MARKDOWN, code([1])), "this is no notebook: the source of its cell 2 is no text", 1),
    ],
)
def test_what_is_no_notebook_is_a_finding(tree, content, words, row):
    tree({"n.ipynb": content, "a.py": BROKEN})
    other, finding = check_paths(["."], Options()).diagnostics
    assert other.code == "GRD101"
    assert (finding.code, finding.span.row, finding.span.cell) == ("GRD901", row, 0)
    assert finding.message.startswith(words)


UNFINISHED = "x = 1\nif x:\n    # your code here\n"


@pytest.mark.parametrize(
    ("cells", "place", "words"),
    [
        (("print 'old'\n",), (2, 1), "Missing parentheses"),
        ((UNFINISHED, "y = 2"), (2, 3), "expected an indented block after 'if' statement in row 2; the rest"),
        ((UNFINISHED, "x ="), (2, 3), "in row 2; 1 other cell cannot either; the rest"),
        (("%%time\n  x = 1\n  y =",), (2, 3), "invalid syntax; the rest"),
    ],
)
def test_a_cell_that_is_no_python_is_named_and_the_others_are_checked(tree, cells, place, words):
    tree({"n.ipynb": notebook(SCRIPT, *cells, TAPE)})
    other, finding = check_paths(["."], Options()).diagnostics
    assert (other.code, other.span.cell, other.span.row) == ("GRD109", 1, 4)
    assert (finding.code, (finding.span.cell, finding.span.row)) == ("GRD901", place)
    assert words in finding.message


def test_a_cell_that_is_indented_throughout_moves_to_the_left(tree):
    indented = "\n".join("  " + line if line else "" for line in LAYER.split("\n"))
    tree({"n.ipynb": notebook(IMPORTS, indented)})
    (finding,) = check_paths(["n.ipynb"], Options()).diagnostics
    assert (finding.code, finding.span.cell, finding.span.row) == ("GRD101", 2, ROW)
    assert finding.span.column == indented.split("\n")[ROW - 1].index("self.mu[0]") + 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "{}",
        notebook(),
        notebook(MARKDOWN),
        notebook("tf.Variable(1.) ->", metadata={"language_info": {"name": "R"}}),
        notebook("tf.Variable(1.) ->", metadata={"kernelspec": {"language": "julia", "name": "j"}}),
    ],
)
def test_what_has_no_python_has_no_findings(tree, content):
    tree({"n.ipynb": content})
    assert check_paths(["."], Options()).diagnostics == ()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%env TF_USE_LEGACY_KERAS=1", []),
        ("%set_env TF_USE_LEGACY_KERAS 1", []),
        ("%env TF_USE_LEGACY_KERAS", ["note"]),
        ("!pip install -q 'tensorflow<2.16' tfp", []),
        ("%pip install --upgrade keras==3.4.1", ["error"]),
        ("! python -m pip install tensorflow", ["note"]),
        ("pip install tensorflow==2.15", []),
    ],
)
def test_a_notebook_may_settle_its_keras(tree, cell, expected):
    tree({"n.ipynb": notebook(cell, WHOLE), "requirements.txt": "tensorflow\n"})
    assert [one.severity.value for one in check_paths(["."], Options()).diagnostics] == expected
    assert len(check_paths(["."], Options(keras=Dialect.KERAS_3)).diagnostics) == 1


@pytest.mark.parametrize(
    ("cell", "harmless"),
    [
        ("x = 1\n%matplotlib inline\nx", "x = 1\npass\nx"),
        ("if x:\n    !ls {x}\n    y = 1", "if x:\n    pass\n    y = 1"),
        ("!pip install a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("files = !ls *.py\nx", "files = _\nx"),
        ("a, b = %who_ls int", "a, b = _"),
        ("%time x = f()", "0;    x = f()"),
        ("%timeit -n 10 -r3 f()", "0;                f()"),
        ("%timeit", "pass"),
        ("x = (a\n  % b)", "x = (a\n  % b)"),
        ('x = """\n%no magic\n!none\n"""', 'x = """\n%no magic\n!none\n"""'),
        ("x = a \\\n  % b", "x = a \\\n  % b"),
        ("x = '(' # (\n%magic", "x = '(' # (\npass"),
        ("x = 'it\\'s (' + \"'\"\n%magic", "x = 'it\\'s (' + \"'\"\npass"),
        ("x % 2\nx != 3\nx %= 2", "x % 2\nx != 3\nx %= 2"),
        ("tf.Variable?", "pass"),
        ("tf.Variable??", "pass"),
        ("?tf.Variable", "pass"),
        ("%%bash\nls (", "\n"),
        ("%%time\n%matplotlib inline\nx", "\npass\nx"),
        ("\n%%writefile x.py\nx = (", "\n\n"),
        ("%%timeit x = 1\ny = x", "\ny = x"),
        ("%cd a/b", "pass"),
        ("print('%d' % 3)\n%reset -f", "print('%d' % 3)\npass"),
        ("await x", "await x"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("    # none\nx = 1\n    y = 2", "# none\nx = 1\ny = 2"),
        ("\n  %cd a\n  if x:\n      y\nz", "\npass\nif x:\n    y\nz"),
        ("pip install -q tensorflow", "pass"),
        ("cd ..\nls /tmp\nls", "pass\nls /tmp\nls"),
        ("run = 1\nrun in x\ncat [1]\ntime (2)", "run = 1\nrun in x\ncat [1]\ntime (2)"),
    ],
)
def test_what_only_ipython_understands_is_made_harmless(cell, harmless):
    assert "\n".join(python_lines(cell.split("\n"))) == harmless
    ast.parse(harmless)


def test_a_notebook_is_one_text():
    read = read_notebook(notebook("x = 1", MARKDOWN, "%magic\ny = 2\n").encode())
    assert read.text == "x = 1\npass\ny = 2\n\n"
    assert (read.numbers, read.starts) == ((1, 3), (1, 2))
    assert list(read.lines(3)) == ["%magic", "y = 2", ""]
    assert read.lines(2) == ()
    with pytest.raises(NotebookError):
        read_notebook(b"x")


def test_a_notebook_uses_the_modules_beside_it(tree):
    tree({"helpers.py": BROKEN, "n.ipynb": notebook("from helpers import NormalLikelihood\nNormalLikelihood()")})
    assert [one.filename for one in check_paths(["."], Options()).diagnostics] == ["helpers.py"]
