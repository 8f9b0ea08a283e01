"""Fixes in notebooks: only the source of a cell changes, whatever the JSON looks like."""

from __future__ import annotations

import json

import pytest

from tests.conftest import BROKEN
from tests.fixes.test_command import FIXED

pytestmark = pytest.mark.static

IMPORTS, CLASS = BROKEN.split("\n\n\n")
FIXED_CLASS = FIXED.split("\n\n\n")[1]
LAST = """class Last(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs * self.scale

    def build(self, input_shape):
        self.raw = self.add_weight(name="raw", shape=[3])
        self.scale = tf.exp(self.raw)"""
FIXED_LAST = LAST.replace("\n        self.scale = tf", "\n\n    @property\n    def scale(self):\n        return tf")
CACHED = """class Cached(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.raw = self.add_weight(name="raw", shape=[3])

    @functools.cached_property
    def scale(self):
        return tf.exp(self.raw)

    def call(self, inputs):
        return inputs * self.scale"""
SCRIPT = "v = tf.Variable([1.0, 2.0])\n"
TAPE = "with tf.GradientTape() as tape:\n    loss = tf.reduce_sum(s)\ngradient = tape.gradient(loss, [v])"

CELLS = {
    "class": ([IMPORTS, CLASS, "x = 1"], {1: FIXED_CLASS}),
    "last of its cell": ([IMPORTS, LAST, "\nx = 1"], {1: FIXED_LAST}),
    "before a cell of another language": ([IMPORTS, LAST, "%%bash\nls\n", "x"], {1: FIXED_LAST}),
    "in the last cell": ([IMPORTS, LAST + "\n"], {1: FIXED_LAST + "\n"}),
    "beside magics": (["%pip install tf_keras\n" + IMPORTS, "%%time\n" + CLASS], {1: "%%time\n" + FIXED_CLASS}),
    "two cells at once": ([IMPORTS, CLASS, LAST], {1: FIXED_CLASS, 2: FIXED_LAST}),
    "import in another cell": (
        ["import functools\n\n" + IMPORTS, CACHED],
        {1: CACHED.replace("functools.cached_property", "property")},
    ),
    "tape in the same cell": (
        [IMPORTS, SCRIPT + "s = tf.exp(v)\n" + TAPE],
        {1: SCRIPT + TAPE.replace("    loss", "    s = tf.exp(v)\n    loss")},
    ),
    "tape in another cell": ([IMPORTS, SCRIPT + "s = tf.exp(v)", TAPE], {}),
    "what IPython alone understands": ([IMPORTS, SCRIPT + "%time s = tf.exp(v)\n" + TAPE], {}),
}
"""Sources of code cells, and what becomes of some of them."""


FORMS = {
    "as Jupyter writes": lambda nb: json.dumps(nb, indent=1, ensure_ascii=False).encode() + b"\n",
    "in one line": lambda nb: json.dumps(nb).encode(),
    "without blanks": lambda nb: json.dumps(nb, separators=(",", ":"), ensure_ascii=False).encode(),
    "sorted, four spaces": lambda nb: json.dumps(nb, indent=4, sort_keys=True).encode(),
    "byte order mark": lambda nb: json.dumps(nb, indent=2, ensure_ascii=False).encode("utf-8-sig"),
    "windows": lambda nb: json.dumps(nb, indent=2).replace("\n", "\r\n").encode(),
}


def notebook(sources, in_lines=True, newline="\n"):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Ü: a title"]}]
    for number, source in enumerate(sources, 1):
        source = source.replace("\n", newline)
        output = {"output_type": "stream", "name": "stdout", "text": ["é\n"]}
        cells.append(
            {
                "cell_type": "code",
                "execution_count": number,
                "metadata": {},
                "outputs": [output],
                "source": source.splitlines(keepends=True) if in_lines else source,
            }
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize("case", CELLS)
def test_only_the_source_of_cells_changes(run, tree, case):
    sources, changed = CELLS[case]
    write = FORMS["as Jupyter writes"]
    folder = tree({"a.ipynb": write(notebook(sources))})
    run("--fix", "--unsafe-fixes", "a.ipynb")
    expected = [changed.get(number, source) for number, source in enumerate(sources)]
    assert json.loads((folder / "a.ipynb").read_text()) == notebook(expected)
    assert (folder / "a.ipynb").read_bytes() == write(notebook(expected))
    assert "Nothing to fix." in run("--fix", "--unsafe-fixes", "a.ipynb").stderr


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("in_lines", [True, False])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_json_keeps_its_form(run, tree, form, in_lines, newline):
    sources = [IMPORTS, CLASS + "  # ö", "x = 1\n"]
    fixed = [IMPORTS, FIXED_CLASS + "  # ö", "x = 1\n"]
    folder = tree({"a.ipynb": FORMS[form](notebook(sources, in_lines, newline))})
    run("--fix", "a.ipynb")
    assert (folder / "a.ipynb").read_bytes() == FORMS[form](notebook(fixed, in_lines, newline))


def test_a_report_places_the_edits_in_their_cell(run, tree):
    tree({"a.ipynb": FORMS["in one line"](notebook([IMPORTS, CLASS]))})
    (finding,) = json.loads(run("--output-format", "json", "a.ipynb").stdout)
    (edit,) = finding["fix"]["edits"]
    assert finding["cell"] == edit["cell"] == 3
    assert edit["location"] == {"row": 4, "column": 1}
    assert edit["end_location"] == {"row": 5, "column": 1}
    assert edit["content"] in FIXED_CLASS


def test_a_diff_of_a_notebook_shows_its_json(run, tree):
    folder = tree({"a.ipynb": FORMS["as Jupyter writes"](notebook([IMPORTS, CLASS]))})
    before = (folder / "a.ipynb").read_bytes()
    done = run("--diff", "a.ipynb")
    assert done.returncode == 1
    assert '+    "    @property\\n",' in done.stdout
    assert (folder / "a.ipynb").read_bytes() == before
