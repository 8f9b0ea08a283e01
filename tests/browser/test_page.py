"""The web page of a report in a real browser. Not part of `.ci/run`: `nox -s browser`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = "fixtures/normal_likelihood.py"


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gradlint",
            "fixtures/normal_likelihood.py",
            "--output-format=html",
            f"--output-file={file}",
        ],
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    return file


@pytest.fixture(params=["light", "dark"])
def page(request, browser, page_file):
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1180, "height": 900})
    opened = context.new_page()
    opened.scheme = request.param
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda asked: opened.asked.append(asked.url))
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.goto(page_file.as_uri())
    yield opened
    context.close()


def test_it_asks_for_nothing_else_and_complains_of_nothing(page, page_file):
    assert page.asked == [page_file.as_uri()]
    assert page.complaints == []


def test_the_colours_follow_the_scheme(page):
    red, *_ = (int(part) for part in page.evaluate("getComputedStyle(document.body).backgroundColor")[4:-1].split(","))
    assert (red > 200) == (page.scheme == "light")


def test_the_journey_is_drawn_with_its_cut(page):
    drawing = page.get_by_role("img", name="At line 18 it is frozen").first
    assert drawing.is_visible()
    knife, loss = drawing.locator(".knife").bounding_box(), drawing.locator(".dot.full").bounding_box()
    dead, live = drawing.locator(".dead-line"), drawing.locator(".live-line")
    assert dead.count() == 1
    assert dead.bounding_box()["x"] < knife["x"] < live.first.bounding_box()["x"] < loss["x"]


def test_the_cut_stands_out_in_the_source(page):
    marked = page.locator("li.cut mark").first
    assert marked.inner_text() == "self.mean[0]"
    assert marked.evaluate("each => getComputedStyle(each).backgroundColor") != "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_nothing_sticks_out(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_scrolls_can_be_reached_by_the_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
