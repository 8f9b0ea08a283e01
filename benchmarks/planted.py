"""Faults planted in public code: of the weights that its layers and modules read, how many are told once they are cut?

    python benchmarks/planted.py FOLDER [--write]

FOLDER holds repositories. In every class that assigns a weight to an attribute in its constructor or `build`, and
reads it elsewhere as an operand or argument only, each read is changed in one of five ways, one weight at a time; the
file is then checked as it would stand, on Keras 2 and 3. What counts is an error or a warning at a line that was
changed, on either. Why a fault that is not told is none, or cannot be told, stands in `READ`. `--write` renews the
table beside this file.
"""

from __future__ import annotations

import argparse
import ast
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

from gradlint.check import Options, check_text
from gradlint.diagnostics import Severity
from gradlint.run import Dialect

CREATORS = frozenset({"add_weight", "add_variable", "Variable", "TransformedVariable"})
SETUP = frozenset({"__init__", "build", "setup", "_initialize", "build_from_signature"})
NEITHER = frozenset({"get_config", "reset_states", "reset_state"})
HARMLESS = frozenset({"shape", "dtype", "name", "device"})
FAULTS = {
    "computed in setup": "self.{name}_kept",
    "kept by the first call": "self.{name}_when_first_called()",
    "stopped": "tf.stop_gradient(self.{name})",
    "rounded": "tf.round(self.{name})",
    "left TensorFlow": "self.{name}.numpy()",
}
LAZY = """\
def {name}_when_first_called(self):
    if not hasattr(self, "{name}_of_first_call"):
        self.{name}_of_first_call = tf.exp(self.{name})
    return self.{name}_of_first_call

"""
PER_FILE = 3
REPORT = Path(__file__).with_suffix(".md")

GRAPHS = "no fault: the project draws graphs, in which setup is a part of what is trained"
REGULARIZED = "no fault: a regularizer reads the weight, too, so that it has a gradient"
OTHER = "no fault: another branch reads the weight whole, or holds no weight at all"
HOOK = "not told: a base class may read the weight by a hook or property that the class overrides"
DECORATED = "not told: what a decorator of the project makes of the method that creates the weight is not known"
LARGE = "not told: too much code runs from here, and is not checked"
OPEN = "not told: the forward pass is joined with something of which nothing is known"
METHOD = "not told: nothing says that the methods which read the weight are differentiated"

READ = {
    "AFMLayer": REGULARIZED,
    "BahdanauMonotonicAttention": HOOK,
    "BernoulliActionMaskTFEnvironment": METHOD,
    "Bi_GRU_cell": METHOD,
    "Bias": DECORATED,
    "CRF": OPEN,
    "Classifier": LARGE,
    "CondPrior": LARGE,
    "Conv1DRank1": OPEN,
    "ConvND": DECORATED,
    "ConvNDTranspose": DECORATED,
    "DenseRank1": OPEN,
    "DepthwiseConv2D": DECORATED,
    "DriftingLinearDynamics": METHOD,
    "Exp3Agent": OPEN,
    "GIN": OTHER,
    "GraphAttentionLayer": REGULARIZED,
    "HKR": OTHER,
    "IRVLayer": LARGE,
    "LSTM": DECORATED,
    "LSTMCellRank1": LARGE,
    "LazyGrad": METHOD,
    "LearnableMultivariateNormalDiag": OPEN,
    "Linear.b": DECORATED,
    "Linear.kernel": REGULARIZED,
    "Linear.w": DECORATED,
    "NTCModel": OPEN,
    "NoisyDense": HOOK,
    "PWLCalibration": GRAPHS,
    "ParallelLinears": DECORATED,
    "PeepholeLSTMCell": HOOK,
    "QDepthwiseConv2DTranspose": HOOK,
    "RelativePositionEmbedding": GRAPHS,
    "UnrolledLSTM": DECORATED,
    "VECVQModel": OPEN,
}
"""Why what was planted in a class is not told: by the name of the class, or of the class and the attribute."""


def reason(owner: str, name: str) -> str:
    """Why a fault was not told, as far as it was read."""
    return READ.get(f"{owner}.{name}") or READ.get(owner, "not read yet")


@dataclass(frozen=True)
class Target:
    """A weight of a class that is read in places where a fault can be planted."""

    owner: str
    name: str
    creation: ast.Assign
    method: ast.FunctionDef
    reads: tuple[ast.Attribute, ...]


def own_attribute(node: ast.AST, name: str | None = None) -> bool:
    """Whether a node is `self.name`, or `self.` and any name."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return own and (name is None or (isinstance(node, ast.Attribute) and node.attr == name))


def makes_weight(value: ast.expr) -> bool:
    """Whether an expression makes a weight that is trained for all that it says."""
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    trained = all(
        keyword.arg != "trainable" or (isinstance(keyword.value, ast.Constant) and keyword.value.value is True)
        for keyword in value.keywords
    )
    whole = any("int" in ast.unparse(one.value) for one in value.keywords if one.arg == "dtype")
    return name in CREATORS and trained and not whole


def targets(tree: ast.Module) -> Iterator[Target]:
    """The weights of a module's classes in which a fault can be planted."""
    names = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    if "tf" not in names:
        return
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        methods = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
        for method in methods:
            for node in ast.walk(method) if method.name in SETUP else ():
                if isinstance(node, ast.Assign) and len(node.targets) == 1 and own_attribute(node.targets[0]):
                    attribute = node.targets[0]
                    assert isinstance(attribute, ast.Attribute)
                    reads = operands_of(methods, attribute.attr) if makes_weight(node.value) else ()
                    if reads:
                        yield Target(owner.name, attribute.attr, node, method, reads)


def operands_of(methods: list[ast.FunctionDef], name: str) -> tuple[ast.Attribute, ...]:
    """Where the forward pass reads an attribute; nothing if it is read in any other way."""
    found = []
    for method in methods:
        if method.name in SETUP or method.name in NEITHER:
            continue
        parents = {child: node for node in ast.walk(method) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(method):
            if isinstance(node, ast.Attribute) and own_attribute(node, name):
                parent = parents[node]
                if isinstance(parent, ast.Attribute) and parent.attr in HARMLESS:
                    continue
                operand = isinstance(parent, (ast.Call, ast.BinOp)) and getattr(parent, "func", None) is not node
                if not operand or not isinstance(node.ctx, ast.Load) or node.lineno != node.end_lineno:
                    return ()
                found.append(node)
    return tuple(found)


def planted(text: str, target: Target, fault: str) -> tuple[str, set[int]]:
    """A text with a fault in it, and the rows that a finding about it may have."""
    lines = text.split("\n")
    for node in sorted(target.reads, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        line = lines[node.lineno - 1].encode()
        new = FAULTS[fault].format(name=target.name).encode()
        lines[node.lineno - 1] = (line[: node.col_offset] + new + line[node.end_col_offset :]).decode()
    rows = {node.lineno for node in target.reads}
    if fault == "computed in setup":
        end = target.creation.end_lineno or 0
        blanks = " " * target.creation.col_offset
        lines.insert(end, f"{blanks}self.{target.name}_kept = tf.exp(self.{target.name})")
        rows = {end + 1}
    if fault == "kept by the first call":
        first = min([target.method.lineno, *(one.lineno for one in target.method.decorator_list)]) - 1
        blanks = " " * target.method.col_offset
        lines[first:first] = [blanks + line for line in LAZY.format(name=target.name).split("\n")]
        rows = {first + 3}
    return "\n".join(lines), rows


def tried(path: Path) -> list[tuple[str, str, str, bool]]:
    """For each weight of a file: its class, its name, the fault, and whether it was told."""
    try:
        text = path.read_text(encoding="utf-8")
        found = list(targets(ast.parse(text)))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return []
    chance = random.Random(path.name)
    results = []
    for target in chance.sample(found, min(PER_FILE, len(found))):
        fault = chance.choice(list(FAULTS))
        changed, rows = planted(text, target, fault)
        told = any(
            one.span.row in rows and one.severity is not Severity.NOTE
            for keras in Dialect
            for one in check_text(changed.encode(), str(path), Options(isolated=True, keras=keras)).diagnostics
        )
        results.append((target.owner, target.name, fault, told))
    return results


def report(results: list[tuple[str, str, str, bool]]) -> str:
    """What is written beside this file."""
    lines = ["# Faults planted in public code", "", *(__doc__ or "").split("\n\n")[2].splitlines(), ""]
    lines += ["| fault | planted | none after all | told | of the rest |", "|---|---|---|---|---|"]
    for fault in [*FAULTS, None]:
        own = [one for one in results if fault in (None, one[2])]
        none = sum(not told and reason(owner, name).startswith("no fault") for owner, name, _, told in own)
        told = sum(one[3] for one in own)
        share = f"{told / (len(own) - none):.1%}" if len(own) > none else "–"
        lines.append(f"| {fault or 'all'} | {len(own)} | {none} | {told} | {share} |")
    why = Counter(reason(owner, name) for owner, name, _, told in results if not told)
    lines += ["", "| what was not told | weights |", "|---|---|", *(f"| {key} | {n} |" for key, n in why.most_common())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Plant the faults, and print what was told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    paths = [path for path in sorted(arguments.folder.rglob("*.py")) if "test" not in path.name]
    with Pool(2) as pool:
        results = [one for found in pool.imap(tried, paths, chunksize=32) for one in found]
    for owner, name, fault, told in results:
        if not told:
            print(f"{owner}.{name}: {fault}: {reason(owner, name)}")
    text = report(results)
    print(text)
    if arguments.write:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
