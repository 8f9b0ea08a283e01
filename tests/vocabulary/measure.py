"""Makes `gradlint/static/vocabulary/*.json` by asking the tape of the installed TensorFlow.

python tests/vocabulary/measure.py             writes the tables, each part in the process of its dialect
python tests/vocabulary/measure.py --part tf   prints one part as JSON (`tfp`, `tf`, `keras.ops`, `tfp.stats`, …)
python tests/vocabulary/measure.py --beside    asks another TFP, and notes in `tfp.json` that it says the same
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "gradlint" / "static" / "vocabulary"
FUNCTION_PARTS = ("tf", "keras.ops", "keras.backend", "tfp.math", "tfp.stats")
LAYER_PARTS = ("layers 2", "layers 3")
ATTRIBUTE_PARTS = ("attributes 2", "attributes 3")
ARGUMENT_PARTS = tuple(f"{part} arguments" for part in FUNCTION_PARTS)
PARTS = ("tfp", *FUNCTION_PARTS, *ARGUMENT_PARTS, *LAYER_PARTS, *ATTRIBUTE_PARTS)
NOT_IN_THE_FILE = ("unmeasured",)


def measured_versions() -> dict[str, str]:
    """The distributions that the tables were measured with."""
    names = {
        "tensorflow": "tensorflow",
        "tensorflow_probability": "tensorflow-probability",
        "tf_keras": "tf-keras",
        "keras": "keras",
    }
    return {name: version(distribution) for name, distribution in names.items()}


def environment_of(part: str) -> dict[str, str]:
    """The process environment of a part: `keras.ops` and what ends in 3 are of Keras 3, the rest is of Keras 2."""
    legacy = "0" if part.startswith("keras.ops") or part.endswith(" 3") else "1"
    return {**os.environ, "TF_USE_LEGACY_KERAS": legacy, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def measured(part: str) -> dict[str, Any]:
    """One part, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--part", part],
        env=environment_of(part),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"measuring {part} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def functions_table(parts: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """The parts about functions as one table: names by verdict."""
    verdicts = sorted({verdict for part in parts.values() for verdict in part} - set(NOT_IN_THE_FILE))
    return {verdict: sorted(name for part in parts.values() for name in part.get(verdict, ())) for verdict in verdicts}


def layers_table(parts: list[dict[str, dict[str, bool]]]) -> dict[str, dict[str, bool]]:
    """What the layers of both Keras have in common: their own weights by attribute, and whether each is trained."""
    first, second = parts
    common = {
        name: {key: trained for key, trained in known.items() if second.get(name, {}).get(key) is trained}
        for name, known in first.items()
    }
    return {name: known for name, known in common.items() if known}


def attributes_table(parts: list[dict[str, list[str]]]) -> dict[str, str]:
    """What the layers of either Keras have or assign, in one string a layer."""
    names = sorted({name for part in parts for name in part})
    return {name: " ".join(sorted({one for part in parts for one in part.get(name, ())})) for name in names}


def text_of(table: dict[str, Any]) -> str:
    """JSON with one name a line, so that a diff shows what changed."""
    lines = []
    for key, content in sorted(table.items()):
        if isinstance(content, list):
            names = ",\n  ".join(json.dumps(name) for name in content)
            lines.append(f" {json.dumps(key)}: [\n  {names}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(content, separators=(',', ':'))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def probability_versions() -> dict[str, str]:
    """The distributions that a table about TFP was measured with."""
    known = measured_versions()
    return {name: known[name] for name in ("tensorflow", "tensorflow_probability")}


def note_beside() -> None:
    """Note that the installed TFP gives the answers of the table, and what it does not have."""
    path = FOLDER / "tfp.json"
    table = json.loads(path.read_text())
    found = measured("tfp")
    different = [name for name, entry in found.items() if table.get(name) != entry]
    if different:
        sys.exit(f"{probability_versions()} differs, which the table has to tell apart: {', '.join(different)}")
    noted = table.pop("_measured_beside", [])
    others = [one for one in noted if not probability_versions().items() <= one.items()]
    missing = [name for name in table if not name.startswith("_") and name not in found]
    entry = {**probability_versions(), "without": missing}
    beside = [json.dumps(one, separators=(",", ":")) for one in (*others, entry)]
    first, _, following = text_of(table).partition(",\n")
    path.write_text(f'{first},\n "_measured_beside": [{",".join(beside)}],\n{following}')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--beside", action="store_true")
    given = parser.parse_args()
    if given.beside:
        note_beside()
        return
    part = given.part
    if part is not None:
        if part == "tfp":
            import constructors

            found = constructors.measure()
        elif part in ATTRIBUTE_PARTS:
            import attributes

            found = attributes.measure()
        elif part in ARGUMENT_PARTS:
            import arguments

            found = arguments.measure(part.removesuffix(" arguments"))
        elif part in LAYER_PARTS:
            import layers

            found = layers.measure()
        else:
            import functions

            found = functions.measure(part)
        # The last line alone: TensorFlow and `tf.print` write to this stream too.
        print("\n" + json.dumps(found))
        return
    header = {"_measured": measured_versions()}
    (FOLDER / "tfp.json").write_text(text_of({**header, **measured("tfp")}))
    (FOLDER / "layers.json").write_text(text_of({**header, **layers_table([measured(part) for part in LAYER_PARTS])}))
    known = attributes_table([measured(part) for part in ATTRIBUTE_PARTS])
    (FOLDER / "attributes.json").write_text(text_of({**header, **known}))
    asked = {name: lost for part in ARGUMENT_PARTS for name, lost in measured(part).items()}
    (FOLDER / "arguments.json").write_text(text_of({**header, **asked}))
    (FOLDER / "tf.json").write_text(
        text_of({**header, **functions_table({part: measured(part) for part in FUNCTION_PARTS})})
    )


if __name__ == "__main__":
    main()
