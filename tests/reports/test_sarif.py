"""SARIF: what code scanning reads of it, and the action that makes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from gradlint.check import check_source
from gradlint.diagnostics import Applicability, Edit, Fix, Severity
from gradlint.reports import report_of
from gradlint.reports.lines import lines_from_files
from gradlint.reports.palette import Palette
from gradlint.run import Span
from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, ROOT

pytestmark = pytest.mark.static
(FINDING,) = check_source(BROKEN, "src/model.py")


def run_of(*findings):
    log = json.loads(report_of("sarif")(findings, lines_from_files(), Palette()))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    return run


def test_a_result_names_rule_place_and_fingerprint():
    run = run_of(FINDING)
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (result["ruleId"], rule["id"], rule["name"]) == ("GRD101", "GRD101", "weight-frozen-in-distribution")
    assert rule["helpUri"].startswith("https://")
    assert result["level"] == "error"
    assert result["message"]["text"].startswith(FINDING.message + "\n")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "src/model.py"},
        "region": {"startLine": BROKEN_ROW, "startColumn": 54, "endLine": BROKEN_ROW, "endColumn": 64},
    }
    assert run["columnKind"] == "unicodeCodePoints"
    assert result["partialFingerprints"] == {"gradlint/v1": FINDING.fingerprint}
    assert "fixes" not in result


def test_the_journey_is_a_code_flow():
    (result,) = run_of(FINDING)["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    told = [each["location"]["message"]["text"] for each in thread["locations"]]
    assert told == [stop.words for stop in FINDING.stops]


def test_ranks_are_levels_and_rules_are_listed_once():
    others = [replace(FINDING, severity=severity) for severity in Severity]
    unused = replace(FINDING, code="GRD301", name="weight-not-used")
    run = run_of(*others, unused)
    assert [each["level"] for each in run["results"]] == ["error", "warning", "note", "error"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["GRD101", "GRD301"]
    assert [each["ruleIndex"] for each in run["results"]] == [0, 0, 0, 1]


def test_a_fix_is_replacements_by_file():
    edits = (Edit(Span("a b.py", 8, 54, 8, 64), "self.mu"), Edit(Span("c.py", 1, 1, 1, 1), "import x\n"))
    fixed = replace(FINDING, fix=Fix(Applicability.UNSAFE, "pass it whole", edits))
    (fix,) = run_of(fixed)["results"][0]["fixes"]
    assert fix["description"]["text"] == "pass it whole (unsafe)"
    assert [change["artifactLocation"]["uri"] for change in fix["artifactChanges"]] == ["a%20b.py", "c.py"]
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    assert replacement == {
        "deletedRegion": {"startLine": 8, "startColumn": 54, "endLine": 8, "endColumn": 64},
        "insertedContent": {"text": "self.mu"},
    }


def test_a_cell_has_no_line_of_its_file():
    finding = replace(FINDING, span=Span("n.ipynb", 2, 3, 2, 4, cell=7), stops=())
    (result,) = run_of(finding)["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "n.ipynb"}}}]
    assert "codeFlows" not in result


@pytest.mark.parametrize(("program", "code"), [(BROKEN, 1), (HEALTHY, 0), ("import tensorflow\n", 0)])
def test_the_action_writes_the_report_annotates_and_decides(tree, program, code):
    """The last step of the action, as the runner's bash runs it, with gradlint where its first steps install it."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    folder = tree({"src/my_model.py": program})
    installed = tree({f"runner/gradlint/bin/{name}": "" for name in ("gradlint", "python")}) / "runner"
    command = installed / "gradlint" / "bin" / "gradlint"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradlint "$@"\n')
    command.chmod(0o755)
    step = action["runs"]["steps"][-1]
    given = {name: value["default"] for name, value in action["inputs"].items()} | {
        "paths": "src",
        "arguments": "--keras 2 --isolated",
    }
    told = {
        name: given[text.strip("${} ").removeprefix("inputs.")]
        for name, text in step["env"].items()
        if "inputs." in text
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(installed), **told},
    )
    assert done.returncode == code, done.stderr
    results = json.loads((folder / "gradlint.sarif").read_text())["runs"][0]["results"]
    assert len(results) == code
    assert done.stdout.count("::error file=src/my_model.py,line=") == code
