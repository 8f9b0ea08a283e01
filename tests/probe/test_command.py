"""`gradlint probe`: what the options mean, and how the report is printed."""

import json
import pathlib

import pytest

from gradlint.probe import ProbeError
from gradlint.probe.child import own_frames, probed
from gradlint.probe.command import text_of
from gradlint.probe.options import ProbeOptions

PROGRAMS = str(pathlib.Path(__file__).with_name("programs.py"))


def options(name, **chosen):
    return ProbeOptions(f"{PROGRAMS}:{name}", **{"inputs": f"{PROGRAMS}:inputs", "color": "never", **chosen})


def report(name, **chosen):
    return probed(options(name, **chosen))


def test_accepted_weights():
    assert not report("Indexed").ok
    assert report("Indexed", accept=(("model.w", "meant"),)).ok


def test_full():
    text = text_of(report("Indexed"), options("Indexed"))
    assert "GRD101 `model.w` gets no gradient: `self.w[0]` is computed once, in `prepare`" in text
    assert "frozen here" in text
    assert "2 weights, 1 with a gradient, 1 to mend" in text
    assert text.index("w       [3]") < text.index("live")


def test_json():
    text = text_of(report("Indexed"), options("Indexed", output_format="json"))
    printed = json.loads(text)
    first = ["version", "keras", "variables", "untracked", "diagnostics", "not_checked", "loss", "layers", "unmatched"]
    assert list(printed) == first
    weight = next(each for each in printed["variables"] if each["path"] == "model.w")
    assert weight["gradient"] == "none"
    assert weight["diagnostic"]["code"] == "GRD101"
    (finding,) = printed["diagnostics"]
    assert len(finding["fingerprint"]) == 32
    assert weight["diagnostic"] == finding


def test_html():
    text = text_of(report("Indexed"), options("Indexed", output_format="html"))
    assert "<h1>1 of 2 weights does not train</h1>" in text
    assert "programs.py:Indexed" in text
    row = next(part for part in text.split("<tr>") if ">w</th>" in part)
    assert '<span class="state none">none</span> <a href="#finding-1">GRD101</a>' in row
    row = next(part for part in text.split("<tr>") if ">live</th>" in part)
    assert '<span class="state ok">arrives</span>' in row
    assert '<span class="role">frozen</span> · no tape is recording' in text
    assert '<h1 class="good">Every weight gets its gradient</h1>' in text_of(
        report("Healthy"), options("Healthy", output_format="html")
    )


def test_concise():
    text = text_of(report("Indexed"), options("Indexed", output_format="concise"))
    assert len(text.splitlines()) == 1


def test_own_inputs_loss_and_shapes():
    assert not report("with_inputs", inputs=None).ok
    assert report("Healthy", inputs=None, input_shapes=("4,3",)).ok
    assert report("Healthy", loss=f"{PROGRAMS}:negative_log").ok
    with pytest.raises(ProbeError, match="not both"):
        report("Healthy", input_shapes=("4,3",))


def test_their_traceback_is_trimmed_to_their_frames():
    with pytest.raises(ProbeError) as raised:
        report("raising")
    text = own_frames(raised.value.__cause__)
    assert "in raising" in text
    assert "subject.py" not in text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nofile.py:make", "there is no file nofile.py"),
        ("no_module_of_this_name:make", "there is no module"),
        (f"{PROGRAMS}:Indexd", 'did you mean "Indexed"'),
        ("nothing", "write file.py:factory"),
    ],
)
def test_targets_that_are_not_there(target, words):
    with pytest.raises(ProbeError, match=words):
        probed(ProbeOptions(target))


def test_a_model_without_anything_to_train():
    text = text_of(report("frozen_model"), options("frozen_model"))
    assert text.endswith(": 2 variables, none of them trained\n")


def test_zeros_are_counted_apart():
    target = f"{pathlib.Path(PROGRAMS).with_name('spoiled.py')}:NotTaken"
    found = probed(ProbeOptions(target, inputs=f"{PROGRAMS}:inputs"))
    text = text_of(found, ProbeOptions(target))
    assert text.endswith(": 2 weights, 1 with a gradient, 1 with one of zeros\n")


def test_a_script_takes_no_options_of_calls():
    with pytest.raises(ProbeError, match="leave --numeric, --per-layer and --no-training out"):
        probed(ProbeOptions(PROGRAMS, per_layer=True))
