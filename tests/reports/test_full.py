"""The report for people."""

from __future__ import annotations

import pytest

from gradlint.diagnostics import Confidence, Diagnostic, Remedy, Severity
from gradlint.reports.full import report
from gradlint.reports.palette import Palette
from gradlint.run import Dialect, Role, Span, Stop

pytestmark = pytest.mark.static

SOURCE = """\
class NormalLikelihood(Layer):
    def build(self, input_shape):
        self.mu = self.add_weight(name="mean", shape=[1])
        self.distribution = tfp.distributions.Normal(self.mu[0], self.sigma[0])

    def call(self, inputs):
        return self.distribution.prob(inputs)
"""


def span(row: int, text: str, filename: str = "model.py", source: str = SOURCE) -> Span:
    line = source.split("\n")[row - 1]
    column = line.index(text) + 1
    return Span(filename, row, column, row, column + len(text))


def finding(**changes: object) -> Diagnostic:
    values: dict[str, object] = {
        "code": "GRD101",
        "name": "weight-frozen-in-distribution",
        "severity": Severity.ERROR,
        "confidence": Confidence.CERTAIN,
        "message": "`self.mu` gets no gradient: `self.mu[0]` is computed once, in `build`",
        "span": span(4, "self.mu[0]"),
        "stops": (
            Stop(Role.CREATED, "the weight is created here", span(3, "self.mu")),
            Stop(Role.READ, "frozen here: no tape is recording when Keras builds a layer", span(4, "self.mu[0]")),
            Stop(Role.USED, "the forward pass sees a constant", span(7, "self.distribution")),
        ),
        "remedies": (
            Remedy(Dialect.KERAS_2, "pass `self.mu` whole, or build the distribution in `call`"),
            Remedy(Dialect.KERAS_3, "build the distribution in `call`"),
        ),
    }
    return Diagnostic(**{**values, **changes})


def text_of(*findings: Diagnostic, source: str = SOURCE, color: bool = False) -> str:
    return report(findings, lambda *_: source.split("\n"), Palette(color))


def test_the_journey_is_drawn_under_the_lines():
    assert (
        text_of(finding())
        == """\
GRD101 `self.mu` gets no gradient: `self.mu[0]` is computed once, in `build`
 --> model.py:4:54
  |
3 |         self.mu = self.add_weight(name="mean", shape=[1])
  |         ------- the weight is created here
4 |         self.distribution = tfp.distributions.Normal(self.mu[0], self.sigma[0])
  |                                                      ^^^^^^^^^^ frozen here: no tape is recording when Keras builds a layer
7 |         return self.distribution.prob(inputs)
  |                ----------------- the forward pass sees a constant
  = Keras 2: pass `self.mu` whole, or build the distribution in `call`
  = Keras 3: build the distribution in `call`

"""
    )


def test_severity_is_named_unless_it_is_an_error():
    assert text_of(finding(severity=Severity.NOTE)).startswith("GRD101 [note] `self.mu`")


def test_far_lines_are_elided():
    source = SOURCE.replace("\n    def call", "\n" * 20 + "    def call")
    used = Stop(Role.USED, "used", span(26, "self.distribution", source=source))
    text = text_of(finding(stops=(used,)), source=source)
    assert "\n...\n26 |" in text


def test_stops_in_another_file_have_a_frame_of_their_own():
    helper = Stop(Role.CUT, "by this operation", span(3, "self.add_weight", "helper.py"))
    text = text_of(finding(stops=(helper,)))
    assert " --> model.py:4:54\n" in text
    assert " ::: helper.py:3:19\n" in text
    assert text.index("model.py") < text.index("helper.py")


def test_tabs_wide_characters_and_escapes():
    source = "\tx = '漢字\x1b[0m' + w[0]\n"
    place = Span("a.py", 1, source.index("w[0]") + 1, 1, source.index("w[0]") + 5)
    _, _, _, line, underline, *_ = text_of(finding(span=place, stops=(), remedies=()), source=source).split("\n")
    assert line == "1 |     x = '漢字�[0m' + w[0]"
    assert underline == "  |" + " " * 22 + "^^^^"


def test_a_long_line_is_shown_in_part():
    source = "x = [" + "1, " * 500 + "w[0], " + "2, " * 500 + "]\n"
    column = source.index("w[0]") + 1
    text = text_of(finding(span=Span("a.py", 1, column, 1, column + 4), stops=(), remedies=()), source=source)
    line, underline = text.split("\n")[3:5]
    assert len(line) < 180
    assert line[underline.index("^") :].startswith("w[0]")


def test_a_span_over_lines_is_underlined_to_the_end_of_its_first():
    place = Span("model.py", 3, 19, 5, 1)
    underline = text_of(finding(span=place, stops=())).split("\n")[4]
    assert underline == "  |" + " " * 19 + "^" * len('self.add_weight(name="mean", shape=[1])')


def test_a_file_that_is_gone_needs_no_frame():
    text = report([finding()], lambda *_: (), Palette())
    assert "--> model.py:4:54\n  = Keras 2" in text


def test_words_that_would_get_too_wide_go_below():
    stop = Stop(Role.READ, "w" * 120, span(4, "self.mu[0]"))
    lines = text_of(finding(stops=(stop,))).split("\n")
    assert lines[4].endswith(" ^^^^^^^^^^")
    assert lines[5].endswith(" " + "w" * 120)


def test_equal_remedies_are_said_once():
    remedies = (Remedy(Dialect.ANY, "do this"), Remedy(Dialect.ANY, "do this"))
    assert text_of(finding(remedies=remedies)).count("= do this") == 1


def test_colour():
    assert "\x1b[1;31mGRD101\x1b[0m" in text_of(finding(), color=True)


def test_weights_that_one_cause_takes_the_gradient_from_share_a_block():
    source = "w = [tf.Variable(1.0), tf.Variable(2.0)]\nd = tfd.Normal(tf.stack(w), 1.0)\n"
    frozen = Stop(Role.READ, "frozen here", span(2, "tf.stack(w)", source=source))
    findings = [
        finding(
            weight=weight,
            message=f"`{weight}` gets no gradient: `tf.stack(w)` is computed once",
            span=frozen.span,
            stops=(Stop(Role.CREATED, "created here", span(1, created, source=source)), frozen),
            remedies=(),
        )
        for weight, created in (("w[0]", "tf.Variable(1.0)"), ("w[1]", "tf.Variable(2.0)"))
    ]
    assert (
        text_of(*findings, source=source)
        == """\
GRD101 `w[0]` and `w[1]` get no gradient: `tf.stack(w)` is computed once
 --> model.py:2:16
  |
1 | w = [tf.Variable(1.0), tf.Variable(2.0)]
  |      ---------------- created here
  |                        ---------------- created here
2 | d = tfd.Normal(tf.stack(w), 1.0)
  |                ^^^^^^^^^^^ frozen here

"""
    )


@pytest.mark.parametrize(
    ("said", "of_both"),
    [
        (
            " gets no gradient: the result does not depend on it",
            " get no gradient: the result does not depend on them",
        ),
        (
            " gets a gradient that is not finite: `x / y` has no finite derivative",
            " get gradients that are not finite: `x / y` has no finite derivative",
        ),
        (
            " gets a gradient of zeros: `x * y` multiplies by zeros",
            " get gradients of zeros: `x * y` multiplies by zeros",
        ),
    ],
)
def test_what_is_said_of_several_weights(said, of_both):
    text = text_of(*(finding(weight=weight, message=f"`{weight}`{said}") for weight in ("a", "b")))
    assert f"`a` and `b`{of_both}\n" in text


@pytest.mark.parametrize("change", [{"code": "GRD103"}, {"span": span(7, "self.distribution")}, {"remedies": ()}])
def test_other_causes_have_a_block_each(change):
    other = {"weight": "self.nu", "message": "`self.nu` gets no gradient: `self.mu[0]` is computed once, in `build`"}
    text = text_of(finding(weight="self.mu"), finding(**other, **change))
    assert text.count(" gets no gradient") == 2
    assert " get no gradient" not in text
