"""Renews what is recorded: the README's output and rule table, and the picture of a report.

python -m docs.record
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOUNDING_CASE = "fixtures/normal_likelihood.py"


def main() -> None:
    """Write the README and the picture anew."""
    from gradlint.files import replace_file

    readme = ROOT / "README.md"
    replace_file(str(readme), renewed(readme.read_text(encoding="utf-8")))
    replace_file(str(ROOT / "docs" / "report.svg"), picture(output_of("gradlint", FOUNDING_CASE, "--color", "always")))


def renewed(text: str) -> str:
    """The README with its recorded parts as they are now."""
    from gradlint.reports.rule_table import as_markdown
    from gradlint.rules import all_rules

    def recorded(found: re.Match[str]) -> str:
        command = found[1]
        return f"<!-- recorded: {command} -->\n```console\n$ {command}\n{output_of(*command.split())}```\n<!-- end -->"

    text = re.sub(r"<!-- recorded: (.+?) -->\n.*?<!-- end -->", recorded, text, flags=re.DOTALL)
    table = f"<!-- rules -->\n{as_markdown(all_rules().values())}<!-- end -->"
    return re.sub(r"<!-- rules -->\n.*?<!-- end -->", lambda _: table, text, flags=re.DOTALL)


def output_of(command: str, *arguments: str) -> str:
    """What a run of gradlint in the checkout prints."""
    if command != "gradlint":
        raise ValueError(f"only runs of gradlint are recorded, not of {command}")
    done = subprocess.run(
        [sys.executable, "-m", "gradlint", *arguments],
        check=False,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    )
    return done.stdout


def picture(output: str) -> str:
    """An SVG of a terminal with that output."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=150, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(output))
    return console.export_svg(title=f"gradlint {FOUNDING_CASE}", unique_id="gradlint")


if __name__ == "__main__":
    main()
