"""What other modules of a project say for and against a fix."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.static

BASE = """\
import tensorflow as tf


class Base(tf.keras.layers.Layer):
    def build(self, shape):
        self.setup(shape)
        super().build(shape)

    def setup(self, shape):
        pass
"""
HEIR = """\
import tensorflow as tf

from .base import Base


class Scaled(Base):
    def setup(self, shape):
        self.raw = self.add_weight(name="raw", shape=(3,))
        self.scale = tf.exp(self.raw)

    def call(self, x):
        return x * self.scale
"""
RESETS = "\n    def reset(self):\n        self.setup([])\n"
PACKAGES = {
    "a base calls the method": ({}, "unsafe"),
    "the heir itself calls it, too": ({"heir.py": HEIR + RESETS}, "unsafe"),
    "another module assigns the attribute": ({"use.py": "from .heir import Scaled\n\n\nScaled().scale = None\n"}, None),
    "a base above the base assigns the attribute": (
        {"base.py": "from .root import Root\n" + BASE.replace("tf.keras.layers.Layer", "Root"),
         "root.py": "import tensorflow as tf\n\n\nclass Root(tf.keras.layers.Layer):\n    def __init__(self):\n"
         "        super().__init__()\n        self.scale = None\n"},
        None,
    ),
    "another heir assigns the attribute": (
        {"use.py": "from .heir import Scaled\n\n\nclass Heir(Scaled):\n    def setup(self, shape):\n"
         "        self.scale = 1.0\n"},
        None,
    ),
    "another heir defines a method of that name": (
        {"use.py": "from .heir import Scaled\n\n\nclass Heir(Scaled):\n    def scale(self):\n        return 1.0\n"},
        "unsafe",
    ),
}  # fmt: skip
"""Files beside a base and its heir, and how far a fix of the heir can be trusted."""

CACHE = """\
import functools


def once(method):
    slot = "_once_" + method.__name__

    @functools.wraps(method)
    def inner(self):
        if not hasattr(self, slot):
            setattr(self, slot, method(self))
        return getattr(self, slot)

    return inner
"""
CACHED = """\
import tensorflow as tf

from .util import once


class Scaled(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=(3,))

    @once
    def scale(self):
        return tf.exp(self.raw)

    def call(self, x):
        return x * self.scale()
"""


@pytest.mark.parametrize("case", PACKAGES)
def test_an_heir_of_a_base_in_another_module(run, tree, case):
    files, expected = PACKAGES[case]
    files = {"__init__.py": "", "base.py": BASE, "heir.py": HEIR, **files}
    tree({"pyproject.toml": "", **{f"package/{name}": text for name, text in files.items()}})
    found = json.loads(run("--output-format", "json", "package/heir.py").stdout)
    assert [one["code"] for one in found] == ["GRD103"]
    fix = found[0]["fix"]
    assert (fix and fix["applicability"]) == expected


def test_a_cache_that_another_module_defines_goes(run, tree):
    folder = tree({"pyproject.toml": "", "package/__init__.py": "", "package/util.py": CACHE, "package/own.py": CACHED})
    run("--fix", "package/own.py")
    assert (folder / "package/own.py").read_text() == CACHED
    run("--unsafe-fixes", "package/own.py")
    assert (folder / "package/own.py").read_text() == CACHED.replace("    @once\n", "")
