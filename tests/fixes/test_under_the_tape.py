"""Every fix that is offered for a fixture is run under TensorFlow: the gradient is there, and the value is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import tape, verdicts
from tests.fixes import offers

pytestmark = pytest.mark.tape
FIXTURES = verdicts.fixture_paths()


def outputs(text: str, filename: str) -> list[Any]:
    """What the program's model gives for its inputs, twice, with every random number drawn from one seed."""
    import tensorflow as tf

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(7)
    names = tape.run_source(text, filename)
    model = names["make_model"]()
    found = []
    for _ in range(2):
        result = model(names["inputs"]())
        found += [np.asarray(part) for part in tf.nest.flatten(result)]
        found += [np.asarray(part) for part in getattr(model, "losses", ())]
    return found


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_gradients_and_values(path):
    fixture = verdicts.read_fixture(path, tape.DIALECT)
    found = list(offers.offers(fixture.text, path.name, tape.DIALECT))
    if not found or fixture.statuses is None:
        pytest.skip("no fix is offered, or the program does not run")
    for offer in found:
        asked = tape.ask(offer.text, path.name)
        place = f"{offer.finding.code} in line {offer.finding.span.row}\n{offer.text}"
        weight = next((one.weight for one in fixture.verdicts if offer.finding.span.row in one.rows), None)
        assert asked.get(str(weight)) == "ok", f"{asked} after {place}"
        lost = {name for name, status in fixture.statuses.items() if status == "ok"} - {
            name for name, status in asked.items() if status == "ok"
        }
        assert not lost, f"{lost} lost by {place}"
        if offer.safe:
            before, after = outputs(fixture.text, path.name), outputs(offer.text, path.name)
            assert [one.dtype for one in before] == [one.dtype for one in after], place
            for one, other in zip(before, after, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6, err_msg=place)
