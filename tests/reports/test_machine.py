"""The reports for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gradlint.check import check_source
from gradlint.diagnostics import Applicability, Edit, Fix, Remedy, Severity
from gradlint.reports import FORMATS, report_of
from gradlint.reports.lines import lines_from_files
from gradlint.reports.palette import Palette
from gradlint.run import Dialect, Span
from tests.conftest import BROKEN

pytestmark = pytest.mark.static

(FINDING,) = check_source(BROKEN, "src/model.py")


def text_of(output_format: str, *findings) -> str:
    return report_of(output_format)(findings, lines_from_files(), Palette())


def test_json_has_the_shape_of_the_contract():
    (found,) = json.loads(text_of("json", FINDING))
    assert list(found) == [
        *("code", "name", "severity", "confidence", "message", "filename", "location", "end_location", "cell", "url"),
        *("fix", "weight", "dialect", "fingerprint", "stops"),
    ]
    assert found["code"] == "GRD101"
    assert found["severity"] == "error"
    assert found["confidence"] in {"certain", "flow"}
    assert found["filename"] == "src/model.py"
    assert found["location"] == {"row": 8, "column": 54}
    assert found["end_location"] == {"row": 8, "column": 64}
    assert found["cell"] is None
    assert found["fix"] is None
    assert found["weight"] == "self.mu"
    assert found["dialect"] == "any"
    assert len(found["fingerprint"]) == 32
    assert found["url"].endswith("/GRD101/")
    for stop in found["stops"]:
        assert list(stop) == ["role", "message", "filename", "location", "end_location", "cell"]
    assert found["stops"][0]["role"] == "created"


def test_json_of_a_fix():
    edit = Edit(Span("src/model.py", 8, 54, 8, 64), "self.mu")
    (found,) = json.loads(text_of("json", replace(FINDING, fix=Fix(Applicability.UNSAFE, "pass it whole", (edit,)))))
    assert found["fix"] == {
        "applicability": "unsafe",
        "message": "pass it whole",
        "edits": [
            {
                "content": "self.mu",
                "location": {"row": 8, "column": 54},
                "end_location": {"row": 8, "column": 64},
                "cell": None,
            }
        ],
    }


def test_github_annotations_are_escaped():
    finding = replace(
        FINDING,
        message="100% of\r\nit: a, b",
        span=Span("odd, name: 5%.py", 8, 54, 8, 64),
        remedies=(Remedy(Dialect.KERAS_3, "do this"),),
    )
    assert text_of("github", finding) == (
        "::error file=odd%2C name%3A 5%25.py,line=8,col=54,endLine=8,endColumn=64,title=GRD101"
        "::100%25 of%0D%0Ait: a, b%0AKeras 3: do this\n"
    )


def test_github_knows_three_ranks():
    texts = [text_of("github", replace(FINDING, severity=severity)) for severity in Severity]
    assert [text.split(" ")[0] for text in texts] == ["::error", "::warning", "::notice"]


def test_github_leaves_the_last_column_out_of_a_finding_over_lines():
    assert "endColumn" not in text_of("github", replace(FINDING, span=Span("a.py", 1, 2, 3, 4)))


def test_concise_is_one_line():
    assert text_of("concise", FINDING) == f"src/model.py:8:54: GRD101 [error] {FINDING.message}\n"


def test_a_cell_is_named():
    finding = replace(FINDING, span=Span("n.ipynb", 2, 3, 2, 4, cell=7))
    assert text_of("concise", finding).startswith("n.ipynb:cell 7:2:3: ")
    assert json.loads(text_of("json", finding))[0]["cell"] == 7


def test_no_finding_is_no_text_or_an_empty_array():
    lists = {"full": "", "concise": "", "json": "[]\n", "github": ""}
    assert {output_format: text_of(output_format) for output_format in lists} == lists
    for document in FORMATS.keys() - lists.keys():
        assert len(text_of(document)) > 100
