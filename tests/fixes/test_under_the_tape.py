"""Every fix that is offered is run under TensorFlow: the gradient is there, and the value is what it was."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import tape, verdicts
from tests.fixes import offers
from tests.rules.test_pages import PROGRAMS, ask_the_tape
from tests.test_constructors import PROGRAMS as CONSTRUCTORS
from tests.test_constructors import frozen

pytestmark = pytest.mark.tape
FIXTURES = verdicts.fixture_paths()
CASES = sorted((Path(__file__).parent / "cases").glob("*.py"))
"""Programs whose comment `# fix:` says whether a fix is offered: safe, unsafe or none."""


def outputs(text: str, filename: str) -> list[Any]:
    """What the program's model gives for its inputs, twice, or a script's loss, with random numbers from one seed."""
    import tensorflow as tf

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(7)
    names = tape.run_source(text, filename)
    if tape.is_script(text):
        return [np.asarray(names["loss"])]
    model = names["make_model"]()
    found = []
    for _ in range(2):
        result = model(names["inputs"]())
        found += [np.asarray(part) for part in tf.nest.flatten(result)]
        found += [np.asarray(part) for part in getattr(model, "losses", ())]
    return found


def lacking_a_part(text: str, filename: str) -> dict[str, tuple[float, float]]:
    """The weights whose gradient is not how the outputs change with them, by both, along one direction."""
    import tensorflow as tf

    names = tape.run_source(text, filename)
    model, values = names["make_model"](), names["inputs"]()

    def total() -> Any:
        tf.keras.utils.set_random_seed(7)
        return tape.total_of(model(values), model)

    total()
    found = {}
    for weight in model.trainable_variables:
        variable = getattr(weight, "value", None) if tape.DIALECT == "3" else None
        variable = variable if isinstance(variable, tf.Variable) else weight
        start, step = tf.identity(variable), 0.01 * tf.random.stateless_normal(variable.shape, (3, 5))
        with tf.GradientTape() as recorded:
            result = total()
        gradient = recorded.gradient(result, variable)
        slope = 0.0 if gradient is None else float(tf.reduce_sum(tf.convert_to_tensor(gradient) * step))
        ends = []
        for sign in (1.0, -1.0):
            variable.assign(start + sign * step)
            ends.append(float(total()))
        variable.assign(start)
        measured = (ends[0] - ends[1]) / 2
        if abs(measured - slope) > 0.03 * max(abs(measured), abs(slope), 0.01):
            found[tape.short_name(weight)] = (measured, slope)
    return found


def hold_to_the_tape(text: str, filename: str, offer: offers.Offer) -> None:
    """More weights have their gradient, none lost it, and a safe fix keeps every value."""
    before, after = tape.ask(text, filename), tape.ask(offer.text, filename)
    place = f"{offer.finding.code} in line {offer.finding.span.row}\n{offer.text}"
    alive, now = ({name for name, status in asked.items() if status == "ok"} for asked in (before, after))
    assert alive < now, f"{after} after {place}"
    if offer.safe:
        same = zip(outputs(text, filename), outputs(offer.text, filename), strict=True)
        for one, other in same:
            assert one.dtype == other.dtype, place
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6, err_msg=place)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixtures(path):
    fixture = verdicts.read_fixture(path, tape.DIALECT)
    found = list(offers.offers(fixture.text, path.name, tape.DIALECT))
    if not found or fixture.statuses is None:
        pytest.skip("no fix is offered, or the program does not run")
    for offer in found:
        hold_to_the_tape(fixture.text, path.name, offer)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases(path):
    text = path.read_text()
    found = list(offers.offers(text, path.name, tape.DIALECT))
    expected = re.findall(rf"^# fix(?: on Keras {tape.DIALECT})?: (\w+)$", text, re.MULTILINE)
    assert ({"safe" if offer.safe else "unsafe" for offer in found} or {"none"}) == set(expected)
    for offer in found:
        hold_to_the_tape(text, path.name, offer)
    fixed = offers.fixed(text, path.name, tape.DIALECT)
    if found and not tape.is_script(text):
        assert not lacking_a_part(fixed, path.name), fixed
    assert offers.fixed(fixed, path.name, tape.DIALECT) == fixed


@pytest.mark.parametrize("path", CONSTRUCTORS, ids=lambda path: path.stem)
def test_constructors(path):
    text = path.read_text()
    found = list(offers.offers(text, path.name, tape.DIALECT, more=["GRD108"]))
    if not found:
        pytest.skip("no fix is offered")
    before = frozen(text)
    for offer in found:
        assert frozen(offer.text) < before, offer.text


def test_most_frozen_fixtures_have_a_fix():
    frozen = offered = 0
    for path in FIXTURES:
        fixture = verdicts.read_fixture(path, tape.DIALECT)
        if any(one.family == "GRD1" for one in fixture.verdicts):
            frozen += 1
            offered += any(True for _ in offers.offers(fixture.text, path.name, tape.DIALECT))
    assert offered >= 0.85 * frozen, f"{offered} of {frozen}"


@pytest.mark.parametrize("program", [one for one in PROGRAMS if one.lost], ids=lambda program: program.name)
def test_programs_of_the_pages(program):
    if tape.DIALECT not in program.dialects:
        pytest.skip("written for the other Keras")
    found = list(offers.offers(program.text, "page.py", tape.DIALECT))
    if not found:
        pytest.skip("no fix is offered")
    before = ask_the_tape(program)
    for offer in found:
        after = ask_the_tape(replace(program, text=offer.text))
        alive, now = ({name for name, answer in asked.items() if answer == "ok"} for asked in (before, after))
        assert alive < now, f"{after} after\n{offer.text}"
