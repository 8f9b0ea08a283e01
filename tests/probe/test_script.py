"""`gradlint probe script.py`: what a script itself asks of its tapes. Verdicts are held in `fixtures/script_*`."""

import json
import re

import pytest

from gradlint.probe.child import probed
from gradlint.probe.errors import ProbeError
from gradlint.probe.options import ProbeOptions
from gradlint.run import Role
from tests.probe.dialect import KERAS

LOOP = """\
import tensorflow as tf

scale = tf.Variable([0.3, 0.6], name="scale")
rate = tf.exp(scale)
for step in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(rate * 2.0)
    gradients = tape.gradient(loss, [scale])
    print("step", step)
"""


def probe_script(tree, text, **options):
    tree({"script.py": text})
    return probed(ProbeOptions(target="script.py", **options))


def test_it_runs_to_its_end_as_main_with_its_own_arguments_and_neighbours(tree, capsys):
    tree({"neighbour.py": "import tensorflow as tf\n\n\ndef square(value):\n    return tf.round(value)\n"})
    report = probe_script(
        tree,
        "import sys\nimport tensorflow as tf\nfrom neighbour import square\n\n"
        'if __name__ == "__main__":\n'
        '    weight = tf.Variable(1.0, name="weight")\n'
        "    with tf.GradientTape() as tape:\n"
        "        loss = square(weight)\n"
        "    print(sys.argv, tape.gradient(loss, weight))\n",
    )
    (finding,) = report.diagnostics
    assert (finding.code, finding.span.filename, finding.span.row) == ("GRD202", "neighbour.py", 5)
    assert [stop.span.row for stop in finding.stops if stop.role is Role.USED] == [8]
    assert capsys.readouterr().out.endswith("None\n")


def test_a_loop_is_told_once(tree, capsys):
    report = probe_script(tree, LOOP)
    assert capsys.readouterr().out.count("step") == 5
    assert [(each.code, each.span.row) for each in report.diagnostics] == [("GRD109", 4)]
    (row,) = report.variables
    assert (row.path, row.gradient, row.diagnostic) == ("scale", "none", report.diagnostics[0])


def test_a_script_that_ends_itself_afterwards_says_so(tree):
    report = probe_script(tree, LOOP + "raise SystemExit('no GPU found')\n")
    assert [each.code for each in report.diagnostics] == ["GRD109"]
    (note,) = report.not_checked
    assert note.reason == "the script ended itself with `sys.exit('no GPU found')`: nothing after it was seen"


def test_what_the_script_raises_afterwards_does_not_hide_what_was_found(tree):
    report = probe_script(
        tree, LOOP + "tf.keras.optimizers.SGD().apply_gradients(zip(gradients, [scale]))\nraise ValueError('no')\n"
    )
    assert [each.code for each in report.diagnostics] == ["GRD109"]
    assert "ended with ValueError: No gradients provided" in report.not_checked[0].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import tensorflow as tf\nraise KeyError('lost')\n", "raised KeyError: 'lost' before it asked for a gradient"),
        ("import tensorflow as tf\n", "there is nothing to explain"),
        ("import sys\nimport tensorflow as tf\nsys.exit(3)\n", "`sys.exit(3)` before it asked"),
    ],
)
def test_a_script_that_asks_for_nothing_is_told(tree, text, words):
    with pytest.raises(ProbeError, match=re.escape(words)):
        probe_script(tree, text)


CHECKED = """\
import tensorflow as tf
import gradlint

class Rounded(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=(3,), initializer="ones")

    def call(self, x):
        return x + tf.round(self.w)

model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(3), Rounded()])
model.compile("sgd", "mse")
model.fit(tf.ones([4, 3]), tf.ones([4, 3]), verbose=0, callbacks=[gradlint.GradientCheck()])
"""


@pytest.mark.filterwarnings("ignore")
def test_a_check_that_the_script_itself_runs_is_not_told_once_more(tree):
    report = probe_script(tree, CHECKED)
    assert [(each.code, each.span.row) for each in report.diagnostics] == [("GRD202", 9)]
    assert len(report.variables) == 3


def test_it_takes_no_inputs_from_outside(tree):
    with pytest.raises(ProbeError, match="a script brings its own inputs"):
        probe_script(tree, LOOP, input_shapes=("4",))


def test_a_weight_may_be_accepted(tree):
    report = probe_script(tree, LOOP, accept=(("sc*", "fixed on purpose"),))
    assert report.ok
    assert [(each.accepted, each.reason) for each in report.variables] == [(True, "fixed on purpose")]


def test_variables_that_every_call_makes_are_told_without_a_tape(tree):
    report = probe_script(
        tree,
        "import tensorflow as tf\n\n\n"
        "class Shift(tf.keras.layers.Layer):\n"
        "    def call(self, values):\n"
        '        self.shift = tf.Variable([0.5], name="shift")\n'
        "        return values + self.shift\n\n\n"
        "layer = Shift()\n"
        "for step in range(2):\n"
        "    layer(tf.ones([4, 1]))\n",
    )
    assert [(each.code, each.span.row) for each in report.diagnostics] == [("GRD303", 6)]


def test_the_tapes_are_as_before(tree):
    import tensorflow as tf

    before = {name: vars(tf.GradientTape)[name] for name in ("__init__", "__enter__", "__exit__", "watch", "gradient")}
    eager = tf.config.functions_run_eagerly()
    with pytest.raises(ProbeError):
        probe_script(tree, "import tensorflow as tf\nwith tf.GradientTape():\n    raise KeyError\n")
    assert {name: vars(tf.GradientTape)[name] for name in before} == before
    assert tf.config.functions_run_eagerly() == eager
    with tf.GradientTape() as tape:
        value = tf.constant(1.0) * 2.0
    tape.gradient(value, tf.constant(1.0))
    with pytest.raises(RuntimeError, match="non-persistent"):
        tape.gradient(value, tf.constant(1.0))


@pytest.mark.skipif(KERAS == "3", reason="the command line does not depend on the Keras: once is enough")
def test_the_command_line(run, tree):
    tree({"script.py": LOOP})
    done = run("probe", "script.py", "--output-format", "json", "--keras", "2")
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert (found["code"], found["location"]["row"]) == ("GRD109", 4)


def test_what_a_trace_may_keep_is_not_called_fine(tree):
    report = probe_script(
        tree,
        "import tensorflow as tf\n\n\n"
        "class Net(tf.keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.dense = tf.keras.layers.Dense(2)\n\n"
        "    @tf.function\n"
        "    def call(self, inputs):\n"
        "        return self.dense(inputs)\n\n\n"
        "model = Net()\n"
        "for _ in range(2):\n"
        "    with tf.GradientTape() as tape:\n"
        "        loss = tf.reduce_sum(model(tf.ones([4, 3])))\n"
        "    tape.gradient(loss, model.trainable_variables)\n",
    )
    told = [each.path for each in report.not_checked if "trace" in each.reason]
    assert sorted(told) == (["model.dense.bias", "model.dense.kernel"] if KERAS == "3" else [])
