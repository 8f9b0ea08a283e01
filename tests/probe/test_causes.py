"""Every program loses its weight's gradient at its marked line, and the probe names that line with its code."""

import inspect
import linecache

import pytest
import tensorflow as tf

import gradlint
from gradlint.run import Role
from tests.probe import graphs, programs
from tests.probe.dialect import KERAS

EXPECTED = {
    "Indexed": "GRD101",
    "OverLines": "GRD101",
    "InHelper": "GRD101",
    "InShift": "GRD102",
    "InPartial": "GRD102",
    "InClosure": "GRD103",
    "InDict": "GRD103",
    "InDecoratedCall": "GRD103",
    "InCompiledCall": "GRD103",
    "InDecoratedMethod": "GRD103",
    "InMadeFunction": "GRD103",
    "InVariable": "GRD103",
    "ThroughNumpy": "GRD103",
    "ThroughBuffer": "GRD101",
    "Freezing": "GRD105",
    "LossInBuild": "GRD107",
    "Lazy": "GRD106",
    "CachedProperty": "GRD106",
    "Leaves": "GRD201",
    "LeavesInNumpy": "GRD201",
    "NumpyFunction": "GRD201",
    "Rounded": "GRD202",
    "Sorted": "GRD202",
    "InFunction": "GRD202",
    "NoRegisteredGradient": "GRD202",
    "Compared": "GRD203",
    "Sampled": "GRD204",
    "Stopped": "GRD205",
    "Paused": "GRD205",
    "Assigned": "GRD206",
    "AssignedForNext": "GRD206",
    "FromBijectorCache": "GRD207",
    "Counts": "GRD201",
    "Decides": "GRD203",
    "ChoosesBranch": "GRD202",
    "Unused": "GRD301",
    "Overwritten": "GRD306",
    "OverwrittenByMask": "GRD306",
    "OverwrittenByName": "GRD306",
    "OverwrittenInBuild": "GRD103",
    "OverwrittenModule": "GRD306",
}


IN_GRAPHS = {
    "Nested": ("none", "GRD202"),
    "TracedBefore": ("none", "GRD202"),
    "Concrete": ("none", "GRD202"),
    "Cond": ("none", "GRD202"),
    "CondInGraph": ("zero", "GRD202"),
    "SwitchInGraph": ("zero", "GRD202"),
    "While": ("none", "GRD202"),
    "WhileInGraph": ("zero", "GRD202"),
    "AutographWhile": ("zero", "GRD202"),
    "FrozenInAutograph": ("none", "GRD103"),
    "AssignedInAutograph": ("none", "GRD206"),
    "MapFn": ("none", "GRD205"),
    "Scan": ("none", "GRD202"),
    "VectorizedMap": ("none", "GRD202"),
    "InsideVectorizedMap": ("none", "GRD202"),
    "ManyRows": ("none", "GRD202"),
    "FrozenInVectorizedMap": ("none", "GRD103"),
    "CustomGradient": ("none", "GRD202"),
    "Recomputed": ("zero", "GRD202"),
    "PythonFunction": ("zero", "GRD202"),
    "NumpyInPythonFunction": ("zero", "GRD201"),
    "NumberInPythonFunction": ("zero", "GRD201"),
    "IfInGraph": ("none", "GRD203"),
    "WhileDecides": ("zero", "GRD203"),
    "Compiled": ("none", "GRD202"),
    "RoundingCell": ("none", "GRD202"),
    "UnrolledCell": ("none", "GRD202"),
    "StatefulCell": ("none", "GRD202"),
    "MixedFrozen": ("none", "GRD103"),
    "MixedRounded": ("none", "GRD202"),
    "FrozenInReplicas": ("none", "GRD103"),
    "RoundedInReplicas": ("none", "GRD202"),
    "EagerReplicas": ("none", "GRD401"),
}
"""What a loop or a branch that is a graph cuts off has zeros: the loop itself has a gradient, of what went in."""

HEALTHY_IN_GRAPHS = (
    "HealthyCell", "MixedHealthy", "HealthyReplicas", "HealthyLoops", "HealthyFunctions", "HealthySwitch",
)  # fmt: skip


def lost_line(program):
    lines, start = inspect.getsourcelines(program)
    return next((start + index for index, line in enumerate(lines) if line.rstrip().endswith("# lost")), None)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_line_and_the_code(name):
    program = getattr(programs, name)
    report = gradlint.probe(program, programs.inputs)
    found = [(d.code, d.location.row) for d in report.diagnostics if d.weight == "model.w"]
    assert (EXPECTED[name], lost_line(program)) in found
    weight = next(each for each in (*report.variables, *report.untracked) if each.path == "model.w")
    assert weight.gradient == "none"
    assert not report.ok


def made_by(program):
    return program.of(program) if hasattr(program, "of") else program


@pytest.mark.parametrize("name", IN_GRAPHS)
def test_graphs_and_threads(name):
    program = getattr(graphs, name)
    report = gradlint.probe(made_by(program), programs.inputs)
    path = getattr(program, "weight", "model.w")
    found = [(d.code, d.location.row, d.weight) for d in report.diagnostics]
    status, code = IN_GRAPHS[name]
    assert found == [(code, lost_line(program), path)]
    assert {each.path: each.gradient for each in report.variables if each.trainable} == {
        path: status,
        path.removesuffix("w") + "live": "ok",
    }
    assert report.untracked == report.not_checked == ()


@pytest.mark.parametrize("name", HEALTHY_IN_GRAPHS)
def test_healthy_graphs_and_threads(name):
    report = gradlint.probe(made_by(getattr(graphs, name)), programs.inputs)
    assert report.diagnostics == report.untracked == report.not_checked == ()
    assert {each.gradient for each in report.variables} == {"ok"}


def test_every_cause_of_one_weight():
    report = gradlint.probe(graphs.OneAfterTheOther, programs.inputs)
    found = [(d.code, linecache.getline(d.filename, d.location.row).strip()) for d in report.diagnostics]
    assert found == [
        ("GRD103", "self.kept = tf.exp(self.w)"),
        ("GRD202", "rounded = tf.round(self.w * 1.0)"),
        ("GRD205", "stopped = tf.stop_gradient(rounded * 2.0)"),
        ("GRD202", "return x * stopped * tf.math.ceil(self.kept * 1.5) * float(self.w[0])"),
        ("GRD201", "return x * stopped * tf.math.ceil(self.kept * 1.5) * float(self.w[0])"),
    ]
    assert next(each for each in report.variables if each.path == "model.w").diagnostic == report.diagnostics[0]


def test_the_nearest_cause_is_the_one_of_the_weight():
    report = gradlint.probe(graphs.StoppedAboveRounded, programs.inputs)
    (weight, _) = report.variables
    assert [d.code for d in report.diagnostics] == ["GRD205", "GRD202"]
    assert weight.diagnostic == report.diagnostics[1]


def test_a_weight_that_is_stopped_itself_below_another_cut():
    report = gradlint.probe(graphs.StoppedItselfBelowRounded, programs.inputs)
    weight = next(each for each in report.variables if each.path == "model.w")
    assert (weight.diagnostic.code, weight.diagnostic.location.row) == (
        "GRD205",
        lost_line(graphs.StoppedItselfBelowRounded),
    )
    assert [d.code for d in report.diagnostics] == ["GRD205", "GRD202"]


@pytest.mark.parametrize("name", ["ShapeOnly", "PrintedOnly", "ComparedOnly"])
def test_what_only_looks_at_a_weight_does_not_use_it(name):
    report = gradlint.probe(getattr(programs, name), programs.inputs)
    assert [(d.code, d.location.row) for d in report.diagnostics] == [("GRD301", lost_line(programs.Unused))]


def test_what_a_lambda_of_a_table_computes_and_who_keeps_it():
    report = gradlint.probe(programs.FromTable, programs.inputs)
    (finding,) = report.diagnostics
    assert (finding.code, finding.message.rpartition(" ")[2]) == ("GRD103", "`prepare`")
    assert linecache.getline(finding.filename, finding.location.row).endswith("# lost\n")
    kept = next(stop for stop in finding.stops if stop.role is Role.KEPT)
    assert linecache.getline(kept.span.filename, kept.span.row).endswith("# kept\n")


def test_a_graph_in_which_keras_tries_a_layer_out_assigns_nothing():
    report = gradlint.probe(programs.assigned_in_call)
    assert [(d.code, d.location.row) for d in report.diagnostics] == [("GRD206", lost_line(programs.AssignedInCall))]
    assert not report.not_checked


def test_a_loss_that_a_call_adds_is_not_lost_in_setup():
    report = gradlint.probe(programs.penalized, loss=lambda model, x: tf.reduce_sum(model(x)))
    assert [d.code for d in report.diagnostics] == ["GRD301"]
    assert gradlint.probe(programs.penalized).ok


def test_one_expression_is_told_once():
    report = gradlint.probe(programs.Centred, programs.inputs)
    (finding,) = report.diagnostics
    assert "`self.w - tf.reduce_max(self.w * 2.0)` is computed once" in finding.message


def test_a_call_that_raises_under_a_tape_only():
    report = gradlint.probe(programs.predicting, programs.inputs)
    found = {(each.code, each.location.row) for each in report.diagnostics}
    assert found == {("GRD201", lost_line(programs.Predicting))}
    assert {each.path: each.gradient for each in report.variables} == {
        "model.backbone.layers[0].kernel": "none",
        "model.backbone.layers[0].bias": "none",
        "model.head.kernel": "ok",
        "model.head.bias": "ok",
    }
    told = [each.reason.partition(",")[0] for each in report.not_checked]
    assert told == (["TensorFlow has no gradient for IteratorGetNext"] if KERAS == "2" else [])


def test_what_has_no_gradient_registered_takes_none_away_from_the_others():
    report = gradlint.probe(programs.NoRegisteredGradient, programs.inputs)
    assert {each.path: each.gradient for each in report.variables} == {"model.w": "none", "model.live": "ok"}
    (note,) = report.not_checked
    assert note.reason.startswith("TensorFlow has no gradient for Bitcast, so that the program's own tape raises")


def test_a_healthy_layer():
    report = gradlint.probe(programs.Healthy, programs.inputs)
    assert report.ok
    assert [each.gradient for each in report.variables] == ["ok", "ok"]
    assert report.diagnostics == report.untracked == report.not_checked == ()


def test_a_whole_weight_is_kept_by_keras_2_only():
    report = gradlint.probe(programs.WholeInDistribution, programs.inputs)
    codes = [(d.code, d.location.row) for d in report.diagnostics]
    assert codes == ([] if KERAS == "2" else [("GRD104", lost_line(programs.WholeInDistribution))])


def test_a_variable_that_keras_3_does_not_track():
    report = gradlint.probe(programs.Untracked, programs.inputs)
    if KERAS == "2":
        assert report.ok
    else:
        assert [(each.path, each.gradient) for each in report.untracked] == [("model.w", "ok")]
        assert [(d.code, d.location.row) for d in report.diagnostics] == [("GRD302", lost_line(programs.Untracked))]
        assert not report.ok


def test_an_attribute_that_is_given_back_its_variable():
    report = gradlint.probe(programs.Restored, programs.inputs)
    assert report.ok
    assert {each.path: each.gradient for each in report.variables} == {"model.w": "ok", "model.live": "ok"}


def test_a_weight_that_each_call_assigns():
    assert gradlint.probe(programs.Assigning, programs.inputs).ok


def test_an_overwritten_variable_is_listed_by_keras_3_only():
    report = gradlint.probe(programs.Overwritten, programs.inputs)
    assert [each.path for each in report.untracked] == (["model.w"] if KERAS == "2" else [])


def test_a_variable_of_every_call():
    report = gradlint.probe(programs.Recreated, programs.inputs)
    assert report.variables == report.not_checked == ()
    (variable,) = report.untracked
    assert variable.gradient == "ok"
    assert variable.diagnostic is not None
    assert [(d.code, d.location.row) for d in report.diagnostics] == [("GRD303", lost_line(programs.Recreated))]
    assert variable.diagnostic == report.diagnostics[0]


@pytest.mark.skipif(KERAS == "3", reason="Keras 3 raises")
def test_a_weight_that_every_call_adds():
    report = gradlint.probe(programs.RecreatedByAddWeight, programs.inputs)
    row = lost_line(programs.RecreatedByAddWeight)
    assert [(d.code, d.location.row) for d in report.diagnostics] == [("GRD303", row)]
    assert report.untracked == ()


def test_a_helper_that_makes_a_weight_once_and_a_variable_in_every_call():
    report = gradlint.probe(programs.SharesItsHelper, programs.inputs)
    assert [(each.path, each.diagnostic) for each in report.variables] == [("model.w", None)]
    assert [(each.name, each.gradient) for each in report.untracked] == [("scale:0", "ok")]
    assert [d.code for d in report.diagnostics] == ["GRD303"]


def test_a_variable_of_the_first_call_is_made_once():
    report = gradlint.probe(programs.MadeByFirstCall, programs.inputs)
    assert report.ok
    assert [each.path for each in report.variables] == ["model.w"]


def test_a_child_of_a_subclassed_model():
    report = gradlint.probe(programs.Parent, programs.inputs)
    weight = next(each for each in report.variables if each.path == "model.child.w")
    assert weight.gradient == "none"
    assert weight.diagnostic is not None
    assert weight.diagnostic.code == "GRD103"
    assert "tf.exp(self.w)" in linecache.getline(weight.diagnostic.filename, weight.diagnostic.location.row)
    if KERAS == "3":
        assert [each.path for each in report.not_checked] == ["model"]
        assert [each.gradient for each in report.variables if "dense" in each.path] == ["ok"] * 2
        assert [each.path for each in report.findings] == ["model.child.w"]


def test_what_has_nothing_to_do_with_why_the_call_raises():
    report = gradlint.probe(programs.ParentOfSeveral, programs.inputs)
    found = {(each.code, each.location.row, each.weight) for each in report.diagnostics}
    assert found == {
        ("GRD103", lost_line(programs.Child), "model.child.w"),
        ("GRD202", lost_line(programs.Rounded), "model.rounded.w"),
    }
    assert {each.path for each in report.variables if each.gradient == "ok"} == {"model.rounded.live"}
    assert [each.path for each in report.not_checked] == ([] if KERAS == "2" else ["model"])


def test_an_object_that_stands_for_a_weight_is_read_where_it_is_named():
    report = gradlint.probe(programs.WithParameter, programs.inputs)
    (finding,) = report.diagnostics
    assert (finding.code, finding.location.row) == ("GRD103", lost_line(programs.WithParameter))
    assert "`tf.convert_to_tensor(self.scale)` is computed once" in finding.message
    cut = next(stop for stop in finding.stops if stop.role is Role.CUT)
    assert cut.text == "tf.exp(parameter.raw)"


def test_a_first_call_that_the_factory_makes():
    report = gradlint.probe(programs.called_by_its_factory, programs.inputs)
    assert [(each.code, each.location.row) for each in report.diagnostics] == [("GRD106", lost_line(programs.Lazy))]


def test_a_call_that_raises_however_it_is_built():
    report = gradlint.probe(programs.in_functional_model)
    weight = next(each for each in report.variables if each.path.endswith(".w"))
    assert (weight.gradient, weight.diagnostic.code) == ("none", "GRD106")
    assert {each.gradient for each in report.variables if each is not weight} == {"not_trained"}
    assert ["so the tape could be asked about no weight" in each.reason for each in report.not_checked] == [True]


def test_the_stops_of_a_journey():
    report = gradlint.probe(programs.InHelper, programs.inputs)
    (finding,) = report.diagnostics
    assert finding.span.column == 37
    assert [(stop.role, stop.text) for stop in finding.stops] == [
        (Role.CREATED, 'self.add_weight(name="w", shape=(3,), initializer=tf.keras.initializers.Constant(0.7))'),
        (Role.READ, "positive(self.w)"),
        (Role.CUT, "tf.nn.softplus(value)"),
        (Role.KEPT, "tfd.Normal(0.0, positive(self.w))"),
        (Role.USED, "self.dist.log_prob(x)"),
    ]
    assert finding.stops[3].name == "model.dist.scale"
    assert finding.enclosing == "InHelper.prepare"
