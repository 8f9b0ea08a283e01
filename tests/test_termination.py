"""Code made by other programs, or nested without end: checked within a bound, or said not to be. Never a hang."""

import time
from collections.abc import Callable

import pytest

from gradlint.check import Options, check_text

WEIGHT = "import tensorflow as tf\nw = tf.Variable(1.0)\n"
ASKED = "with tf.GradientTape() as tape:\n    y = f0(w)\ntape.gradient(y, w)\n"
SECONDS = 30.0
"""Of processor time; each takes a tenth of it, and without a bound for ever."""


def repeated(line: str, times: int) -> str:
    """A line once for each number, which it may name as `{i}` and `{next}`."""
    return "".join(line.replace("{i}", str(i)).replace("{next}", str(i + 1)) for i in range(times))


def stairs(line: str, depth: int, last: str) -> str:
    """A line within itself, and another one inside."""
    return "".join(" " * i + line.replace("{i}", str(i)) + "\n" for i in range(depth)) + " " * depth + last + "\n"


def fan_out(calls: int, depth: int) -> str:
    """Functions each of which calls the next so many times."""
    step = "def f{i}(x):\n" + "    x = x + f{next}(x)\n" * calls + "    return x\n"
    return WEIGHT + repeated(step, depth) + f"def f{depth}(x):\n    return x * w\n" + ASKED


def kept(statements: str) -> str:
    """A layer that keeps what statements of its `build` make of a weight."""
    body = "".join(f"        {line}\n" for line in statements.splitlines())
    return (
        "import tensorflow as tf\nclass L(tf.keras.layers.Layer):\n    def build(self, shape):\n"
        "        self.w = self.add_weight(name='w', shape=[1])\n"
        f"{body}        self.kept = a\n    def call(self, x):\n        return tf.stack(self.kept) * x\n"
    )


CHECKED: dict[str, Callable[[], str]] = {
    "190 parentheses": lambda: WEIGHT + "x = " + "(" * 190 + "w" + ")" * 190 + "\n",
    "1,000 signs": lambda: WEIGHT + "x = " + "-" * 1000 + "w\n",
    "1,000 attributes": lambda: WEIGHT + "x = w" + ".a" * 1000 + "\n",
    "1,000 calls of calls": lambda: WEIGHT + "x = w" + "()" * 1000 + "\n",
    "1,000 alternatives": lambda: WEIGHT + "if w:\n    pass\n" + repeated("elif w == {i}:\n    x = w\n", 1000),
    "1,000 cases": lambda: WEIGHT + "match w:\n" + repeated("    case {i}:\n        x = w\n", 1000),
    "90 nested conditions": lambda: WEIGHT + stairs("if w:", 90, "x = w"),
    "90 nested functions": lambda: WEIGHT + stairs("def f{i}():", 90, "return w"),
    "12 nested loops": lambda: WEIGHT + stairs("for i{i} in a:", 12, "x = w * 2"),
    "500 nested lambdas": lambda: WEIGHT + "f = " + "lambda: " * 500 + "w\n",
    "500 decorators": lambda: WEIGHT + "def d(f):\n    return lambda *a: f(*a)\n" + "@d\n" * 500 + "def g(x):\n    x\n",
    "500 heirs": lambda: kept("a = [self.w]") + "class L0(L): pass\n" + repeated("class L{next}(L{i}): pass\n", 500),
    "1,000 diamonds": lambda: (
        "class L0: pass\n" + repeated("class A(L{i}): pass\nclass L{next}(A, L{i}): pass\n", 1000)
    ),
    "20,000 functions": lambda: WEIGHT + repeated("def f{i}(x):\n    return x * w\n", 20_000),
    "20,000 references": lambda: WEIGHT + "x = tf.stack([" + "w, " * 20_000 + "])\n",
    "a key of 2 ** 40 parts": lambda: (
        WEIGHT
        + "import enum\nclass K0(enum.Enum):\n    A = 1\n"
        + repeated("class K{next}(enum.Enum):\n    A = (K{i}.A, K{i}.A)\n", 40)
        + "class M(tf.Module):\n    def __init__(self):\n        self.kept = {K40.A: tf.Variable(1.0)}\n"
        + "    def __call__(self, x):\n        return x * tf.round(self.kept[K40.A])\n"
    ),
    "a string of 3,000,000": lambda: WEIGHT + "x = '" + "a" * 3_000_000 + "'\n",
    "a billion elements": lambda: WEIGHT + "x = (w,) * 10**9\ny = [1] * 10**9\nz = 'a' * 10**10\n",
    "a number of 10**10 digits": lambda: WEIGHT + "x = w * 10 ** 10 ** 10\ny = w * (1 << 10**9)\n",
    "a list that holds itself": lambda: WEIGHT + "a = [w]\n" + "a.append(a)\n" * 500 + "y = tf.stack(a)\n",
    "a list doubled 40 times": lambda: WEIGHT + "a = [w]\n" + "a = a + a\n" * 40 + "y = tf.stack(a)\n",
    "a list extended 40 times": lambda: WEIGHT + "a = [w]\n" + "a += a\na.extend(a)\n" * 20 + "y = tf.stack(a)\n",
    "super of a class that is no base": lambda: kept("a = super(Other, self).scale(self.w)") + "class Other: pass\n",
    "mutual recursion": lambda: WEIGHT + "def f0(x):\n    return f1(x) + w\ndef f1(x):\n    return f0(x) * w\n" + ASKED,
}

BOUNDED: dict[str, Callable[[], str]] = {
    "50,000 lines": lambda: WEIGHT + repeated("v{i} = w * {i}.0\n", 50_000),
    "50,000 weights": lambda: WEIGHT + repeated("v{i} = tf.Variable({i}.0)\n", 50_000),
    "100,000 elements": lambda: WEIGHT + "x = [" + repeated("{i}, ", 100_000) + "]\ny = w * x\n",
    "100,000 keys": lambda: WEIGHT + "x = {" + repeated("{i}: w, ", 100_000) + "}\ny = x[3]\n",
    "20 functions that call each other": lambda: (
        WEIGHT + repeated("def f{i}(x):\n    return w" + repeated(" + f{i}(x)", 20) + "\n", 20) + ASKED
    ),
    "3 calls, 20 deep": lambda: fan_out(3, 20),
    "2 calls, 60 deep": lambda: fan_out(2, 60),
    "nested comprehensions": lambda: WEIGHT + "x = [w " + repeated("for a{i} in range(20) ", 12) + "]\n",
    "nested loops that are counted": lambda: WEIGHT + stairs("for i{i} in range(20):", 12, "x = w * 2"),
    "a pair of pairs, 60 deep": lambda: WEIGHT + "a = (w,)\n" + "a = (a, a)\n" * 60 + "y = tf.stack(a)\n",
    "a kept pair of pairs, 60 deep": lambda: kept("a = (tf.exp(self.w),)\n" + "a = (a, a)\n" * 60),
}

UNPARSED: dict[str, Callable[[], str]] = {
    "1,000 parentheses": lambda: WEIGHT + "x = " + "(" * 1000 + "w" + ")" * 1000 + "\n",
    "1,000 nested conditions": lambda: WEIGHT + stairs("if w:", 1000, "x = w"),
}


@pytest.mark.parametrize("name", [*CHECKED, *BOUNDED, *UNPARSED])
def test_it_ends_and_says_what_was_not_checked(name: str) -> None:
    text = {**CHECKED, **BOUNDED, **UNPARSED}[name]().encode()
    before = time.process_time()
    result = check_text(text, "made.py", Options(isolated=True))
    assert time.process_time() - before < SECONDS
    assert not result.failed
    assert bool(result.not_checked) == (name in BOUNDED)
    assert any(one.code == "GRD901" for one in result.diagnostics) == (name in UNPARSED)


def test_a_sum_of_100_000_terms_is_no_crash() -> None:
    text = WEIGHT + "x = " + " + ".join(["w"] * 100_000) + "\n"
    result = check_text(text.encode(), "made.py", Options(isolated=True))
    assert not result.failed
    assert result.not_checked or result.diagnostics, "Python's parser refuses it, or it is nested too deeply"
    assert not any("Error" in one.message for one in result.diagnostics)
