"""Renews the still of a probe's page that the README shows: `nox -s browser -- still` (needs TensorFlow).

python -m tests.browser.still
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = "fixtures/normal_likelihood.py"


def main() -> None:
    """Probe the founding case, open the page and take its picture."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        arguments = [f"{PROGRAM}:make_model", "--inputs", f"{PROGRAM}:inputs", "--keras", "2"]
        subprocess.run(
            [sys.executable, "-m", "gradlint", "probe", *arguments, "--output-format=html", f"--output-file={file}"],
            check=False,
            cwd=ROOT,
        )
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1080, "height": 760}, color_scheme="light")
            page.goto(file.as_uri())
            page.screenshot(path=ROOT / "docs" / "probe.png")


if __name__ == "__main__":
    main()
