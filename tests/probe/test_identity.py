"""What a dead object was is never said of the one that got its `id`."""

import gc
import weakref

import tensorflow as tf

import gradlint
from gradlint.probe.recording.identity import key_of

KEPT, MADE = 12, 12


class Thing:
    pass


class FromTheDead(tf.Module):
    """Keeps what it computed of variables that are gone, and then makes weights at their addresses."""

    def __init__(self):
        super().__init__()
        self.kept = [tf.Variable([float(index)]) * 0.3 for index in range(KEPT)]
        self.weights = [tf.Variable([1.0], name=f"w{index}") for index in range(MADE)]
        self.frozen = [0.5 * each for each in self.weights]  # lost

    def __call__(self, x):
        return sum(x * one for one in self.kept) + sum(x * one for one in self.frozen)


def test_no_number_is_given_twice():
    seen = set()
    for _ in range(50):
        thing = Thing()
        assert key_of(thing) == key_of(thing)
        assert key_of(thing) not in seen
        seen.add(key_of(thing))
        gone = weakref.ref(thing)
        del thing
        gc.collect()
        assert gone() is None


def test_weights_at_the_addresses_of_dead_ones():
    for _ in range(3):
        report = gradlint.probe(FromTheDead, tf.ones([1]))
        assert [each.gradient for each in report.variables] == ["none"] * MADE
        assert {each.message.partition(": ")[2] for each in report.diagnostics} == {
            "`0.5 * each` is computed once, in `__init__`"
        }
        assert len(report.diagnostics) == MADE
