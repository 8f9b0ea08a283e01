"""What a project says of its own functions, held to the tape: every program is checked, and run."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from gradlint.check import Options, check_paths
from gradlint.run import Dialect
from gradlint.static.hosts import Host
from gradlint.static.values import Flavour
from gradlint.vocabulary import HOSTS, VARIABLES
from tests import tape

LIBRARY = """\
import functools

import tensorflow as tf


def make_variable(name, shape):
    return tf.Variable(tf.ones(shape), name=name)


class Holder:
    def __init__(self, x, scale=1.0):
        self.x, self.scale = x, scale

    def total(self):
        return tf.reduce_sum(self.x) * tf.reduce_sum(self.scale)


class Copying(Holder):
    def __init__(self, x, scale=1.0):
        super().__init__(tf.convert_to_tensor(x), scale)


class Base(tf.keras.layers.Layer):
    pass


class Scaling(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=[1], initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


def grid(x):
    return getattr(tf, "rou" + "nd")(x)


def detached(x):
    return getattr(tf, "stop_" + "gradient")(x)


def as_array(x):
    return getattr(x, "num" + "py")()


def smooth(x):
    return tf.exp(x)
"""
"""Lies on the path, but in no project: gradlint does not read it."""

LAYER = """\
import mylib
import tensorflow as tf


class A({base}):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=[2], initializer="ones")
        {build}

    def call(self, inputs):
        return {call}


layer = A()
layer(tf.ones([2]))
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(layer(tf.ones([2])))
gradients = tape.gradient(loss, [layer.w])
"""


def layer(call: str, build: str = "pass", base: str = "tf.keras.layers.Layer") -> str:
    return LAYER.format(base=base, build=build, call=call)


SCRIPT = """\
import mylib
import tensorflow as tf

v = mylib.make_variable("v", [2])
w = {before}
with tf.GradientTape() as tape:
    loss = tf.reduce_sum({under})
gradients = [tape.gradient(loss, v)]
"""
STOCK = """\
import mylib
import tensorflow as tf

layer = mylib.Scaling()
y = layer(tf.ones([1, 2]))
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(y)
gradients = tape.gradient(loss, layer.trainable_variables)
"""


@dataclass(frozen=True)
class Case:
    """A program, what the project says of its words, and the codes without and with that."""

    text: str
    vocabulary: str
    without: tuple[str, ...]
    found: tuple[str, ...]
    lost: bool = True


CASES = {
    "creates": Case(
        SCRIPT.format(before="tf.exp(v)", under="w"),
        'creates = {"mylib.make_variable" = "tf.Variable"}',
        (),
        ("GRD109",),
    ),
    "creates, sound": Case(
        SCRIPT.format(before="1.0", under="tf.exp(v) * w"),
        'creates = {"mylib.make_variable" = "tf.Variable"}',
        (),
        (),
        lost=False,
    ),
    "carriers": Case(
        layer("inputs * self.kept.total()", "self.kept = mylib.Holder(tf.exp(self.w))"),
        'carriers = {"mylib.Holder" = "distribution"}',
        ("GRD103",),
        ("GRD101",),
    ),
    "carriers that freeze": Case(
        layer("inputs * self.kept.total()", "self.kept = mylib.Copying(self.w)"),
        'carriers."mylib.Copying" = {kind = "bijector", parameters = ["x", "scale"], freezes = ["x"]}',
        (),
        ("GRD105",),
    ),
    "layers-with-weights": Case(STOCK, 'layers-with-weights = ["mylib.Scaling"]', (), ("GRD401",)),
    "no-gradient": Case(layer("inputs + mylib.grid(self.w)"), 'no-gradient = ["mylib.grid"]', (), ("GRD202",)),
    "stop-gradient": Case(
        layer("inputs + mylib.detached(self.w)"), 'stop-gradient = ["mylib.detached"]', (), ("GRD205",)
    ),
    "leaves-tensorflow": Case(
        layer("inputs + mylib.as_array(self.w + 0.0)"), 'leaves-tensorflow = ["mylib.as_array"]', (), ("GRD201",)
    ),
    "gradient": Case(
        layer("inputs * self.kept", "self.kept = mylib.smooth(self.w)"), 'gradient = ["mylib.smooth"]', (), ("GRD103",)
    ),
    "gradient, sound": Case(layer("inputs * mylib.smooth(self.w)"), 'gradient = ["mylib.smooth"]', (), (), lost=False),
}


def codes(keras: str) -> tuple[str, ...]:
    found = check_paths(["project"], Options(keras=Dialect(keras))).diagnostics
    return tuple(finding.code for finding in found)


@pytest.mark.tape
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_tape_agrees_with_what_is_found(case, tree, monkeypatch):
    folder = tree({"libraries/mylib.py": LIBRARY, "project/pyproject.toml": "", "project/program.py": case.text})
    assert codes(tape.DIALECT) == case.without
    tree({"project/gradlint.toml": f"[vocabulary]\n{case.vocabulary}\n"})
    assert codes(tape.DIALECT) == case.found
    monkeypatch.syspath_prepend(str(folder / "libraries"))
    sys.modules.pop("mylib", None)
    gradients = tape.run_source(case.text, "program.py")["gradients"]
    sys.modules.pop("mylib", None)
    assert [gradient is None for gradient in gradients] == [case.lost]


UNTRACKED = """\
import mylib
import tensorflow as tf


class A(mylib.Base):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 1.0])

    def call(self, inputs):
        return inputs * self.w


layer = A()
layer(tf.ones([2]))
"""


@pytest.mark.tape
def test_a_base_class_decides_what_is_tracked(tree, monkeypatch):
    folder = tree({"libraries/mylib.py": LIBRARY, "project/gradlint.toml": "", "project/program.py": UNTRACKED})
    assert codes(tape.DIALECT) == ()
    tree({"project/gradlint.toml": '[vocabulary]\nbases = {"mylib.Base" = "Keras"}\n'})
    found = codes(tape.DIALECT)
    monkeypatch.syspath_prepend(str(folder / "libraries"))
    sys.modules.pop("mylib", None)
    listed = tape.run_source(UNTRACKED, "program.py")["layer"].trainable_variables
    sys.modules.pop("mylib", None)
    assert found == (() if listed else ("GRD302",))


@pytest.mark.static
@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from package.ops import grid", "grid"),
        ("from .ops import grid as g", "g"),
        ("from package import ops", "ops.grid"),
        ("import package.ops as o", "o.grid"),
    ],
)
def test_the_words_of_a_project_go_before_its_code(tree, imports, call):
    text = layer(f"inputs + {call}(self.w)").replace("import mylib", imports)
    tree(
        {
            "project/pyproject.toml": '[tool.gradlint.vocabulary]\nno-gradient = ["package.ops.grid"]\n',
            "project/package/__init__.py": "",
            "project/package/ops.py": "import tensorflow as tf\n\ngrid = tf.load_op_library('grid.so').grid\n",
            "project/package/model.py": text,
        }
    )
    assert codes("2") == ("GRD202",)
    tree({"project/pyproject.toml": ""})
    assert codes("2") == ()


@pytest.mark.static
def test_each_file_has_the_words_of_its_own_config(tree):
    text = layer("inputs + mylib.grid(self.w)")
    config = '[vocabulary]\nno-gradient = ["mylib.grid"]\n'
    tree({f"project/{name}/m.py": text for name in "abcd"})
    tree({"project/a/gradlint.toml": config, "project/c/gradlint.toml": config})
    found = check_paths(["project"], Options(keras=Dialect.KERAS_2)).diagnostics
    assert [finding.filename for finding in found] == ["project/a/m.py", "project/c/m.py"]


@pytest.mark.static
@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        ("vocabulary = 3", 1, '"vocabulary" must be a table of words and what they mean, not 3'),
        ("[vocabulary]\ncreate = {}", 2, 'the vocabulary has no table "create"; did you mean "creates"?'),
        ('[vocabulary]\nno-gradient = "a.b"', 2, "\"vocabulary.no-gradient\" must be a list of strings, not 'a.b'"),
        (
            '[vocabulary]\nno-gradient = ["b"]',
            2,
            '"vocabulary.no-gradient" takes dotted names as in "package.module.name"',
        ),
        (
            '[vocabulary.creates]\n"a.b" = "variable"',
            2,
            '"vocabulary.creates.a.b" must be one of "tf.Variable", "Keras 3 variable", "TransformedVariable", not ',
        ),
        ('[vocabulary.carriers]\n"a.b" = {knd = "bijector"}', 2, 'a carrier has no "knd"; did you mean "kind"?'),
        (
            '[vocabulary.carriers."a.b"]\nparameters = []',
            1,
            '"vocabulary.carriers.a.b.kind" must be one of "PSD kernel", ',
        ),
        (
            '[vocabulary.carriers."a.b"]\nkind = "bijector"\nreparameterized = 1',
            3,
            '"vocabulary.carriers.a.b.reparameterized" must be true or false, not 1',
        ),
    ],
)
def test_a_mistake_is_one_exact_line(tree, run, content, row, words):
    tree({"gradlint.toml": content, "a.py": ""})
    done = run("a.py")
    assert done.returncode == 2
    assert done.stderr.startswith(f"gradlint: gradlint.toml:{row}: {words}")
    assert done.stderr.count("\n") == 1


@pytest.mark.static
def test_the_words_of_the_config_are_those_of_the_tables():
    assert set(VARIABLES) == {flavour.value for flavour in Flavour} - {Flavour.PARAMETER.value}
    assert set(HOSTS) == {host.value for host in Host} - {Host.UNKNOWN.value}
