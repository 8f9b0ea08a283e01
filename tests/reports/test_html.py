"""The web page of a check: what stands in it, and that it needs nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from gradlint import check_source
from gradlint.reports import html
from gradlint.reports.drawing import drawing_of
from gradlint.reports.html import Layer, Page, Weight, render, report
from gradlint.reports.palette import Palette
from tests.conftest import BROKEN, BROKEN_ROW, ROOT

pytestmark = pytest.mark.static
VOID = {"meta", "br", "rect", "line", "path", "circle"}


class Elements(HTMLParser):
    """All elements, if they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        if self._open[-1:] != ["style"]:
            self.words.append(text)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def lines(source: str):
    return lambda path, cell=0: source.splitlines()


def page(source: str = BROKEN) -> str:
    return report(check_source(source, "model.py"), lines(source), Palette())


def test_the_finding_with_its_source_and_its_journey():
    text = page()
    words = " ".join("".join(Elements(text).words).split())
    assert "1 error" in words
    assert "GRD101 self.mu gets no gradient: self.mu[0] is computed once, in build" in words
    assert f"model.py:{BROKEN_ROW}:" in words
    assert "<mark>self.mu[0]</mark>, 1.0)" in text
    assert 'role="img"' in text
    assert f"At line {BROKEN_ROW} it is frozen" in text
    assert text.count('class="dead-line"') == 1


def test_the_drawing_is_cut_where_the_gradient_ends():
    (finding,) = check_source(BROKEN, "model.py")
    drawing = drawing_of(finding)
    assert [node.shape for node in drawing.nodes][:2] == ["weight", "cut"]
    assert drawing.nodes[-1].shape == "loss"
    assert [segment.live for segment in drawing.segments] == [False] + [True] * (len(drawing.segments) - 1)


def test_what_comes_from_outside_is_escaped():
    evil = "<script>alert(1)</script>"
    weights = (Weight(evil, evil, evil, "ok", evil, 1.0, evil),)
    text = render(Page(evil, evil, True, (evil,), (Layer(evil, weights),), (), (evil,), (evil,)), lines(""))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 13
    broken = BROKEN.replace("[0]", "['</pre><script>x</script>']")
    assert "<script" not in page(broken)
    assert page(broken).count("&lt;/pre&gt;") > 2


def test_it_needs_no_network_and_no_script():
    elements = Elements(page())
    for tag, attributes in elements.found:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        assert not attributes.keys() & {"src", "srcset", "data"}
    assert not re.search(r"url\(|@import|//", page().replace("http-equiv", ""))


def test_it_can_be_read_without_eyes():
    elements = Elements(page())
    assert elements.all("html") == [{"lang": "en"}]
    assert len(elements.all("main")) == len(elements.all("h1")) == 1
    known = {each["id"] for _, each in elements.found if "id" in each}
    for _, each in elements.found:
        assert each.get("aria-labelledby") in {None, *known}
        assert (each.get("href") or "#")[1:] in {"", *known}
    for drawing in elements.all("svg"):
        assert drawing.get("role") == "img" or drawing.get("aria-hidden") == "true"


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme):
    """The contrast that WCAG 2 asks for text (AA)."""
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", page().split(":root")[1 + scheme].split("}")[0]))
    for text, behind in [
        *((ink, ground) for ink in ("ink", "quiet") for ground in ("paper", "card", "code")),
        *((ink, "card") for ink in ("live", "lost", "warn", "note")),
        ("live", "live-soft"),
        ("lost", "lost-soft"),
        ("ink", "live-soft"),
        ("ink", "lost-soft"),
    ]:
        assert contrast(colours[text], colours[behind]) >= 4.5, (text, behind)


def test_without_jinja_it_says_what_to_install(run, tree):
    folder = tree({"model.py": BROKEN})
    code = "import sys; sys.modules['jinja2'] = None\nfrom gradlint.cli import main\nsys.exit(main(sys.argv[1:]))"
    for arguments in (["check", "model.py"], ["probe", "model.py:nothing"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--output-format", "html"],
            check=False,
            cwd=folder,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == 2
        assert done.stderr.strip().endswith("install `gradlint-tf[html]`, or jinja2 itself")


def test_a_check_writes_the_page(run, tree):
    tree({"model.py": BROKEN})
    done = run("model.py", "--output-format", "html", "--output-file", "page.html")
    assert done.returncode == 1
    assert done.stdout == ""
    assert html.template() is not None
