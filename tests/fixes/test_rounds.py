"""Fixes beside each other: many at once, one after the other, and never for ever."""

from __future__ import annotations

import re

import pytest

from gradlint.diagnostics import Edit
from gradlint.fixes import rounds
from gradlint.fixes.edits import apply_edits, without_overlaps
from gradlint.run import Span
from tests.fixes import offers

pytestmark = pytest.mark.static


def layer(count: int, made: str = "tf.exp(self.w{0})") -> str:
    """A layer that freezes so many weights, each in an attribute of its own."""
    lines = [
        f'        self.w{n} = self.add_weight(name="w{n}", shape=[3])\n        self.s{n} = {made.format(n)}\n'
        for n in range(count)
    ]
    used = " + ".join(f"self.s{number}" for number in range(count))
    return (
        "import tensorflow as tf\n\n\nclass Many(tf.keras.layers.Layer):\n    def build(self, input_shape):\n"
        + "".join(lines)
        + f"\n    def call(self, inputs):\n        return inputs * ({used})\n"
    )


@pytest.mark.parametrize("count", [1, 2, 13])
def test_as_many_as_there_are(count):
    fixed = offers.fixed(layer(count), "many.py", "2", unsafe=False)
    assert fixed.count("@property") == count
    assert offers.fixed(fixed, "many.py", "2", unsafe=False) == fixed
    assert not offers.findings_in(fixed, "many.py", "2", fixes=False)


def test_it_ends_though_every_round_finds_more(monkeypatch):
    monkeypatch.setattr(rounds, "without_overlaps", lambda groups: [0] if groups else [])
    fixed = offers.fixed(layer(12), "many.py", "2", unsafe=False)
    assert fixed.count("@property") == rounds.MOST_ROUNDS


MEANT = {
    "another place where it leaves TensorFlow": (
        """
    def call(self, x):
        y = x * np.exp(self.w)
        return y + np.exp(self.w)  # gradlint: ignore[GRD201]
""",
        "y + np.exp(self.w)  #",
    ),
    "another attribute": (
        """
        self.scale = tf.exp(self.w)
        self.start = tf.exp(self.w)  # gradlint: ignore[GRD103] where it began

    def call(self, x):
        return x * self.scale + (self.start - 1.0)
""",
        "        self.start = tf.exp(self.w)  # gradlint",
    ),
}
"""What follows `self.w`, of which one finding is suppressed, and a part of that."""


@pytest.mark.parametrize("case", MEANT)
def test_what_is_meant_stays(case):
    rest, meant = MEANT[case]
    head = "import numpy as np\nimport tensorflow as tf\n\n\n"
    head += "class One(tf.keras.layers.Layer):\n    def build(self, shape):\n"
    text = f'{head}        self.w = self.add_weight(name="w", shape=[3]){rest}'
    fixed = offers.fixed(text, "one.py", "2")
    assert fixed != text
    assert fixed.count(meant) == 1, fixed


WITHDRAWN = {
    "another operation cuts it": layer(1, "tf.round(tf.exp(self.w{0}))"),
    "another finding would come": layer(1).replace("inputs * (self.s0)", "inputs * tf.round(self.s0)"),
}


@pytest.mark.parametrize("case", WITHDRAWN)
@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_what_does_not_heal_is_withdrawn_and_told(run, tree, case, option):
    folder = tree({"model.py": WITHDRAWN[case]})
    done = run(option, "--unsafe-fixes", "--keras", "2", "model.py")
    assert "Nothing to fix." in done.stderr
    assert re.search(r"model\.py:7:\d+: GRD10\d was left: no change that was tried", done.stderr), done.stderr
    assert (folder / "model.py").read_text() == WITHDRAWN[case]


def edit(row: int, end_row: int, content: str = "") -> Edit:
    return Edit(Span("", row, 1, end_row, 1), content)


BESIDE = {
    "two insertions at one place": ([[edit(2, 2, "x\n")], [edit(2, 2, "y\n")]], [0, 1], "a\nx\ny\nb\nc\n"),
    "the same insertion twice": ([[edit(2, 2, "x\n")], [edit(2, 2, "x\n")]], [0], "a\nx\nb\nc\n"),
    "line beside line": ([[edit(1, 2)], [edit(2, 3)]], [0, 1], "c\n"),
    "an insertion before a line that goes": ([[edit(2, 3)], [edit(2, 2, "x\n")]], [0, 1], "a\nx\nc\n"),
    "an insertion behind a line that goes": ([[edit(2, 2, "x\n")], [edit(1, 2)]], [0, 1], "x\nb\nc\n"),
    "an insertion in the middle": ([[edit(1, 3)], [edit(2, 2, "x\n")]], [0], "c\n"),
    "one line in common": ([[edit(1, 3)], [edit(2, 4)], [edit(3, 4, "z\n")]], [0, 2], "z\n"),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_goes_together(case):
    groups, together, text = BESIDE[case]
    chosen = list(without_overlaps([tuple(group) for group in groups]))
    assert chosen == together
    assert apply_edits("a\nb\nc\n", [one for number in chosen for one in groups[number]]) == text
