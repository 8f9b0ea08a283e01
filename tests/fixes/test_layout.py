"""What a fix leaves of the lines around it: no white space at ends, no gap at the top, no half of a pair."""

from __future__ import annotations

import pytest

from tests.fixes import offers

pytestmark = pytest.mark.static
LINES = {
    "a gap and a comment that go into a block": (
        """\
import tensorflow as tf

raw = tf.Variable(0.0)

# how wide
scale = tf.exp(raw)

# and its square
square = scale**2

for _ in range(2):
    with tf.GradientTape() as tape:
        loss = scale + square
    gradient = tape.gradient(loss, raw)
""",
        """\
import tensorflow as tf

raw = tf.Variable(0.0)

for _ in range(2):
    with tf.GradientTape() as tape:
        # how wide
        scale = tf.exp(raw)

        # and its square
        square = scale**2
        loss = scale + square
    gradient = tape.gradient(loss, raw)
""",
    ),
    "comments in pairs": (
        """\
import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3])
        # fmt: off
        # the factor
        self.factor = tf.exp( self.raw )
        # fmt: on
        self.count = 3

    def call(self, x):
        return x * self.factor
""",
        """\
import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3])
        # fmt: off
        # fmt: on
        self.count = 3

    @property
    def factor(self):
        # the factor
        return tf.exp( self.raw )

    def call(self, x):
        return x * self.factor
""",
    ),
    "an import at the top": (
        """\
import functools

import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3])

    @functools.cached_property
    def factor(self):
        return tf.exp(self.raw)

    def call(self, x):
        return x * self.factor
""",
        """\
import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3])

    @property
    def factor(self):
        return tf.exp(self.raw)

    def call(self, x):
        return x * self.factor
""",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_lines_around_a_fix(case):
    before, after = LINES[case]
    assert offers.fixed(before, "program.py", "2") == after
