"""The pytest plugin, found by its entry point, in runs of pytest of their own."""

import os
import shutil
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, ROOT, WHOLE, install
from tests.probe.unruly import SOUND

pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester, monkeypatch):
    """A folder beside which gradlint is installed as from its wheel: the package, and the entry points it declares."""
    installed = pytester.mkdir("installed")
    install(installed)
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", str(ROOT))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(installed), *others]))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini("[pytest]\nnorecursedirs = installed\naddopts = -p no:cacheprovider\n")
    return pytester


@pytest.mark.static
def test_files_are_tests_that_fail_with_the_report(project):
    project.makepyfile(broken=BROKEN, healthy=HEALTHY, test_own="def test_own():\n    pass\n")
    done = project.runpytest_subprocess("--gradlint", "-v")
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(
        [
            "*collected 4 items",
            "broken.py::gradlint FAILED*",
            "healthy.py::gradlint PASSED*",
            "test_own.py::gradlint PASSED*",
            "test_own.py::test_own PASSED*",
            "GRD101 `self.mu` gets no gradient*",
            f"  --> broken.py:{BROKEN_ROW}:*",
            "*^^^^*frozen here*",
        ]
    )
    done.stdout.no_fnmatch_line("*pytest_plugin.py*")


@pytest.mark.static
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "in a worker"])
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_a_junit_file_has_the_place_and_the_message(project, family, workers):
    project.makepyfile(broken=BROKEN, healthy=HEALTHY)
    project.runpytest_subprocess("--gradlint", "--junit-xml=junit.xml", "-o", f"junit_family={family}", *workers)
    cases = {each.get("classname"): each for each in ET.parse(project.path / "junit.xml").iter("testcase")}
    assert cases["healthy"].find("failure") is None
    broken = cases["broken"]
    failure = broken.find("failure")
    assert failure.get("message").startswith("GRD101 `self.mu` gets no gradient: `self.mu[0]` is computed once")
    assert "\n" not in failure.get("message")
    assert f"--> broken.py:{BROKEN_ROW}:" in failure.text
    (kept,) = broken.iter("property")
    assert kept.get("value").startswith(f"broken.py:{BROKEN_ROW}:")
    if family == "xunit1":
        assert (broken.get("file"), broken.get("line")) == ("broken.py", str(BROKEN_ROW - 1))


# not static: pytest imports a file that is named, and so TensorFlow
def test_a_file_by_its_node_id_and_in_workers(project):
    project.makepyfile(broken=BROKEN, healthy=HEALTHY)
    project.runpytest_subprocess("--gradlint", "healthy.py::gradlint").assert_outcomes(passed=1)
    project.runpytest_subprocess("--gradlint", "-n", "2").assert_outcomes(passed=1, failed=1)


# not static: pytest imports a file that is named, and so TensorFlow
def test_config_excludes_and_suppressions_hold(project):
    project.makepyprojecttoml('[tool.gradlint]\nextend-exclude = ["generated"]\nkeras = 2\n')
    project.makepyfile(whole=WHOLE)
    folder = project.mkdir("generated")
    (folder / "broken.py").write_text(BROKEN)
    project.runpytest_subprocess("--gradlint").assert_outcomes(passed=1)
    project.runpytest_subprocess("--gradlint", "generated/broken.py").assert_outcomes(failed=1)
    project.makepyprojecttoml("[tool.gradlint]\nkera = 2\n")
    done = project.runpytest_subprocess("--gradlint")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*kera*"])


@pytest.mark.static
def test_unused_it_changes_and_loads_nothing(project):
    project.makepyfile(
        broken=BROKEN,
        test_own="""
            import sys

            def test_own():
                ours = {name for name in sys.modules if name.split(".")[0] == "gradlint"}
                assert ours == {"gradlint", "gradlint.integrations", "gradlint.integrations.pytest_plugin"}
                assert not {"tensorflow", "libcst", "numpy"} & set(sys.modules)
        """,
    )
    done = project.runpytest_subprocess()
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["plugins: *gradlint*"])


@pytest.mark.static
def test_the_files_are_checked_without_tensorflow(project):
    project.makepyfile(
        broken=BROKEN,
        conftest="""
            import sys

            def pytest_unconfigure():
                print("TENSORFLOW", "tensorflow" in sys.modules)
        """,
    )
    done = project.runpytest_subprocess("--gradlint", "-s")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*TENSORFLOW False"])


def test_probes_in_tests(project):
    shutil.copy(ROOT / "fixtures" / "normal_likelihood.py", project.path / "model.py")
    project.makepyfile(
        sound=SOUND,
        test_own="""
            import model, sound
            from gradlint import GradientError, assert_gradients

            def test_assertion():
                assert_gradients(model.make_model, model.inputs)

            def test_accepted():
                assert_gradients(model.make_model, model.inputs, accept=["*/mean", "model.layers[1].sigma"])

            def test_fixture(gradient_probe):
                report = gradient_probe(model.make_model, model.inputs)
                assert {each.gradient for each in report.variables} == {"ok"}

            def test_sound(gradient_probe):
                gradient_probe(sound.make).raise_if_broken()
        """,
    )
    done = project.runpytest_subprocess()
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(
        [
            "*def test_assertion*",
            ">*assert_gradients(model.make_model, model.inputs)",
            "E*gradlint.GradientError: 2 of 2 weights do not train: model.layers[[]1].mean, model.layers[[]1].sigma",
            "E*GRD101 `model.layers[[]1].mean` gets no gradient: `self.mean[[]0]` is computed once, in `build`",
            "E*--> model.py:18:*",
            "E*^^^^*frozen here*",
            "E*If that is meant: accept=[[]'model.layers[[]1].mean', 'model.layers[[]1].sigma'[]]",
            "*Captured gradients call*",
            "model.layers[[]1]  mean * none *GRD101",
            "FAILED test_own.py::test_assertion - gradlint.GradientError: 2 of 2 weights*",
        ]
    )
    done.stdout.no_fnmatch_line("*raise_if_broken*")
