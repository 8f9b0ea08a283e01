"""The pages keep their promises: TensorFlow runs every program, and both the tape and the static half agree with it.

The programs run in the Keras of the process: once as it is, once with TF_USE_LEGACY_KERAS=1.
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
from functools import cache

import numpy as np
import pytest

import gradlint.rules
from gradlint.diagnostics import Diagnostic, Severity
from gradlint.run import Dialect, Run
from tests.rules.pages import ANSWERS, SECTIONS, Page, Program, differing_lines, twins

PAGES = {code: Page(gradlint.rules.page(code)) for code in gradlint.rules.all_rules()}
WITHOUT_PROGRAM = {"GRD900", "GRD901", "GRD902"}
PROBE_ONLY = "GRD5"
PROGRAMS = [program for page in PAGES.values() for program in page.programs]
ERRORS_BEYOND_GRD1 = {"GRD302", "GRD306", "GRD401", "GRD402", "GRD502", "GRD900", "GRD901"}

every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
every_program = pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])


# --- the page -------------------------------------------------------------------------------------------------


@every_page
def test_sections_are_there_and_in_order(page: Page) -> None:
    assert tuple(page.sections) == SECTIONS
    assert all(text.strip() for text in page.sections.values())


@every_page
def test_title_is_the_rule(page: Page) -> None:
    rule = gradlint.rules.all_rules()[page.code]
    assert page.title == f"# {rule.name} ({rule.code})"


@every_page
def test_programs_are_in_the_right_sections(page: Page) -> None:
    assert {program.section for program in page.programs} <= {"Broken", "Sound", "Known missed"}
    assert all(program.lost for program in (*page.broken, *page.missed))
    assert not any(program.lost for program in page.sound)
    assert not page.programs if page.code in WITHOUT_PROGRAM else page.broken


@every_page
def test_each_broken_program_has_a_sound_twin_for_each_of_its_dialects(page: Page) -> None:
    pairs = list(twins(page))
    assert len(pairs) == len(page.sound)
    for broken in page.broken:
        healed = {dialect for one, sound in pairs if one is broken for dialect in sound.dialects}
        assert healed == broken.dialects, broken.name


@every_page
def test_twins_differ_in_at_most_three_lines(page: Page) -> None:
    for broken, sound in twins(page):
        assert 1 <= differing_lines(broken.text, sound.text) <= 3, f"{broken.name} and {sound.name}"


# --- the tape -------------------------------------------------------------------------------------------------


@pytest.mark.tape
@every_program
def test_tape_agrees(program: Program) -> None:
    if process_dialect() not in program.dialects:
        pytest.skip(f"written for Keras {', '.join(sorted(program.dialects))}")
    assert ask_the_tape(program) == dict(program.expected)


@cache
def process_dialect() -> str:
    """The Keras that TensorFlow uses in this process."""
    tf = pytest.importorskip("tensorflow")
    return "3" if hasattr(tf.keras, "ops") else "2"


def ask_the_tape(program: Program) -> dict[str, str]:
    """Run a program and answer for each of its variables, in the words of the info string."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(5)
    namespace: dict[str, object] = {"__name__": "page"}
    exec(compile(program.text, program.name, "exec"), namespace)
    if "gradients" in namespace:
        return {name: answer_of(gradient) for name, gradient in namespace["gradients"].items()}
    answers = second_call(namespace["make_model"], namespace["inputs"])
    if program.code == "GRD503":
        answers.update(dict.fromkeys(partial(namespace["make_model"], namespace["inputs"]), "partial"))
    return answers


def partial(make_model, inputs) -> list[str]:
    """The variables whose gradient is not the slope of the loss, by moving each number of them a little."""
    import tensorflow as tf

    model = make_model()
    output = model(inputs())
    weights = tf.random.normal(tf.shape(output))
    starts = [variable.numpy() for variable in model.trainable_variables]

    def loss():
        return tf.reduce_sum(model(inputs()) * weights)

    def start():
        for variable, value in zip(model.trainable_variables, starts, strict=True):
            variable.assign(value)

    start()
    with tf.GradientTape() as tape:
        value = loss()
    listed = [underlying(variable) for variable in model.trainable_variables]
    wrong = []
    for variable, gradient, start_value in zip(listed, tape.gradient(value, listed), starts, strict=True):
        slopes = []
        for index in range(start_value.size):
            ends = []
            for step in (0.01, -0.01):
                start()
                moved = start_value.copy().ravel()
                moved[index] += step
                variable.assign(moved.reshape(start_value.shape))
                ends.append(float(loss()))
            slopes.append((ends[0] - ends[1]) / 0.02)
        if not np.allclose(slopes, np.ravel(gradient), rtol=0.02, atol=0.02):
            wrong.append(own_name(variable))
    return wrong


def second_call(make_model, inputs) -> dict[str, str]:
    """Build a model by a first call, and ask the tape about the second."""
    import tensorflow as tf

    made = []

    def remember(create, **arguments):
        made.append(create(**arguments))
        return made[-1]

    with tf.variable_creator_scope(remember):
        model = make_model()
        model(inputs())
    with tf.GradientTape() as tape:
        output = model(inputs())
        loss = tf.reduce_sum(output * tf.random.normal(tf.shape(output)))
        loss += sum(tf.reduce_sum(more) for more in getattr(model, "losses", ()))
    listed = [underlying(variable) for variable in model.trainable_variables]
    gradients = tape.gradient(loss, listed)
    answers = {own_name(v): answer_of(gradient) for v, gradient in zip(listed, gradients, strict=True)}
    for variable in tape.watched_variables():
        if not any(variable is one for one in listed):
            answers[own_name(variable)] = "unlisted"
    for variable in made:
        if variable.trainable and variable.dtype.is_floating:
            answers.setdefault(own_name(variable), "forgotten")
    return answers


def answer_of(gradient) -> str:
    """What one gradient says, in the words of the info string."""
    import tensorflow as tf

    if gradient is None:
        return "none"
    numbers = tf.convert_to_tensor(gradient).numpy()
    if not np.isfinite(numbers).all():
        return "nonfinite"
    return "ok" if numbers.any() else "zero"


def underlying(variable):
    """The `tf.Variable` that the tape knows: a Keras 3 variable wraps one."""
    return variable if callable(variable.value) else variable.value


def own_name(variable) -> str:
    """`scale` for `layer/scale:0`."""
    return variable.name.rpartition("/")[2].partition(":")[0]


# --- the static half ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", list("23"), ids="keras_{}".format)
@every_program
def test_static_half_agrees(program: Program, dialect: str) -> None:
    if dialect not in program.dialects:
        pytest.skip(f"written for Keras {', '.join(sorted(program.dialects))}")
    run = static_run(program, Dialect(dialect))
    # a rule that is off is asked alone: it tells of a class what others tell of the weight that it was given
    codes = None if gradlint.rules.all_rules()[program.code].on else [program.code]
    found = [*gradlint.rules.check(run, codes)]
    alarms = [finding for finding in found if finding.severity is not Severity.NOTE]
    if not program.lost or program.code.startswith(PROBE_ONLY):
        assert not alarms
        return
    if program.section == "Known missed":
        assert not alarms, f"found by now: make {program.name} a program of 'Broken'"
        return
    if program.code == "GRD301":  # a note in the static half
        alarms = found
    assert {finding.code for finding in alarms} == {program.code}
    layers = {journey.weight.label for journey in run.journeys if journey.weight.of_layer}
    assert {finding.weight.rpartition(".")[2] for finding in alarms if finding.weight not in layers} <= program.lost


def static_run(program: Program, dialect: Dialect) -> Run:
    """What the static half makes of a program, asked for one dialect."""
    from gradlint.static import analyse_source

    analysis = analyse_source(program.text, f"{program.name}.py", (dialect,), constructors=program.code == "GRD108")
    assert not analysis.not_checked
    return analysis.runs[0]


# --- the probe ------------------------------------------------------------------------------------------------


@pytest.mark.tape
@every_program
def test_probe_agrees(program: Program) -> None:
    if process_dialect() not in program.dialects:
        pytest.skip(f"written for Keras {', '.join(sorted(program.dialects))}")
    if "def make_model" not in program.text:
        pytest.skip("a script, whose tape is its own")
    alarms = probe_alarms(program)
    if not program.lost:
        assert not alarms
        return
    assert {finding.code for finding in alarms} == {program.code}
    names = {finding.weight.rpartition(".")[2].rpartition("/")[2] for finding in alarms}
    assert {name for name in names if not is_stock_layer(name)} <= program.lost


def is_stock_layer(name: str) -> bool:
    """Whether a finding tells of all the weights of a stock layer together."""
    import tensorflow as tf

    return hasattr(tf.keras.layers, name)


def probe_alarms(program: Program) -> list[Diagnostic]:
    """What the probe finds in a program, the whole of which runs as its factory."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(5)
    namespace: dict[str, object] = {"__name__": "page"}

    def factory():
        exec(compile(program.text, f"{program.name}.py", "exec"), namespace)
        return namespace["make_model"]()

    lines = program.text.splitlines(keepends=True)
    linecache.cache[f"{program.name}.py"] = (len(program.text), None, lines, f"{program.name}.py")
    report = gradlint.probe(factory, lambda: namespace["inputs"](), numeric=program.code == "GRD503")
    return [finding for finding in report.diagnostics if finding.severity is not Severity.NOTE]


# --- the registry ---------------------------------------------------------------------------------------------


def test_modules_are_named_after_their_rules() -> None:
    modules = [entry.name for entry in pkgutil.iter_modules(gradlint.rules.__path__) if entry.name.startswith("grd")]
    declared = [importlib.import_module(f"gradlint.rules.{name}").RULE for name in modules]
    assert len({rule.code for rule in declared}) == len(declared) == len(gradlint.rules.all_rules())
    assert len({rule.name for rule in declared}) == len(declared)
    assert modules == [f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in declared]


@pytest.mark.parametrize("code", gradlint.rules.all_rules())
def test_severity_is_as_promised(code: str) -> None:
    is_error = code in ERRORS_BEYOND_GRD1 or (code.startswith("GRD1") and code != "GRD108")
    assert gradlint.rules.all_rules()[code].severity is (Severity.ERROR if is_error else Severity.WARNING)


@pytest.mark.parametrize("code", gradlint.rules.all_rules())
def test_summary_is_one_line(code: str) -> None:
    summary = gradlint.rules.all_rules()[code].summary
    assert summary and "\n" not in summary and not summary.endswith(".")


# --- the parser -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("info", ["", "keras=4 ok=a", "ok=a", "keras=2 fine=a", "keras=2 ok", "keras=2 keras=3"])
def test_bad_info_string_is_refused(info: str) -> None:
    text = f"# a-name (GRD101)\n\n## Broken\n```python {info}\npass\n```\n"
    with pytest.raises(ValueError, match="info string"):
        _ = Page(text).programs


def test_headings_inside_programs_are_not_sections() -> None:
    page = Page("# a-name (GRD101)\n\n## Broken\n```python keras=2 none=a\n## no heading\n```\n\n## Sound\nx\n")
    assert tuple(page.sections) == ("Broken", "Sound")
    assert page.programs[0].expected == (("a", "none"),)
    assert set(ANSWERS) == {"ok", "none", "zero", "nonfinite", "partial", "unlisted", "forgotten"}
