"""Whoever takes the edits of a report as they are gets what `--fix` writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from gradlint.sources import decode_exactly
from tests.conftest import BROKEN
from tests.fixes.test_command import FIXED, WRITTEN

pytestmark = pytest.mark.static
FORMS = ["windows", "old Macintosh", "mixed line ends", "byte order mark", "tabs", "no last newline"]
FORMS += ["windows, no last newline", "separators that are no line ends"]


def of_json(report):
    for finding in json.loads(report):
        for edit in finding["fix"]["edits"]:
            begin, end = edit["location"], edit["end_location"]
            yield (begin["row"], begin["column"], end["row"], end["column"]), edit["content"]


def of_sarif(report):
    for result in json.loads(report)["runs"][0]["results"]:
        for change in result["fixes"][0]["artifactChanges"]:
            for one in change["replacements"]:
                region = one["deletedRegion"]
                begin = region["startLine"], region["startColumn"]
                end = region.get("endLine", region["startLine"]), region["endColumn"]
                yield (*begin, *end), one["insertedContent"]["text"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "edits_of"), [("json", of_json), ("sarif", of_sarif)])
def test_the_edits_of_a_report(run, tree, form, name, edits_of):
    data = WRITTEN[form](BROKEN)
    tree({"model.py": data})
    report = run("--output-format", name, "model.py").stdout
    encoding, text = decode_exactly(data)
    starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]
    for (row, column, end_row, end_column), content in sorted(edits_of(report), reverse=True):
        begin, end = (
            starts[line - 1] + place - 1 if line <= len(starts) else len(text)
            for line, place in ((row, column), (end_row, end_column))
        )
        text = text[:begin] + content + text[end:]
    assert text.encode(encoding) == WRITTEN[form](FIXED)
    run("--fix", "model.py")
    assert (tree({}) / "model.py").read_bytes() == text.encode(encoding)


@pytest.mark.parametrize("form", [*FORMS, "form feeds", "a string of several lines"])
def test_a_diff_can_be_applied(run, tree, form):
    folder = tree({"model.py": WRITTEN[form](BROKEN)})
    shown = run("--diff", "model.py", text=False)
    assert (folder / "model.py").read_bytes() == WRITTEN[form](BROKEN)
    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "apply", "-p0", "-"], check=True, cwd=folder, input=shown.stdout)
    assert (folder / "model.py").read_bytes() == WRITTEN[form](FIXED)
