"""Colours, or none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

from gradlint.diagnostics import Severity


@dataclass(frozen=True)
class Palette:
    """Paints text if `on`."""

    on: bool = False

    def paint(self, text: str, codes: str) -> str:
        """`text` between the escape sequences for `codes` (as `1;31`)."""
        return f"\x1b[{codes}m{text}\x1b[0m" if self.on and text else text

    def bold(self, text: str) -> str:
        """For what is looked for first."""
        return self.paint(text, "1")

    def dim(self, text: str) -> str:
        """For the frame around code."""
        return self.paint(text, "34")

    def severity(self, text: str, severity: Severity) -> str:
        """Red, yellow or cyan."""
        colours = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
        return self.paint(text, colours[severity])

    def remedy(self, text: str) -> str:
        """Green."""
        return self.paint(text, "32")


def palette_for(stream: TextIO, choice: str = "auto") -> Palette:
    """Colours for a stream: as chosen, else by `NO_COLOR`, `FORCE_COLOR` and whether it is a terminal."""
    if choice != "auto":
        return Palette(choice == "always")
    if os.environ.get("NO_COLOR"):
        return Palette(False)
    if os.environ.get("FORCE_COLOR"):
        return Palette(True)
    return Palette(stream.isatty() and os.environ.get("TERM") != "dumb")
