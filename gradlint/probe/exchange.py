"""What the command line and the process that runs the program tell each other: files in a folder of their own.

Files and no pipe, since a program may close, inherit or write to whatever descriptor it finds.
"""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass

from gradlint.probe.options import ProbeOptions
from gradlint.probe.report import ProbeReport


@dataclass(frozen=True)
class Failure:
    """The program could not be probed, or (`ours`) the probe itself failed."""

    text: str
    ours: bool = False


@dataclass(frozen=True)
class Exchange:
    """The folder, and what stands in it."""

    folder: str

    @property
    def dump(self) -> str:
        """Where a dying process writes what it was at."""
        return os.path.join(self.folder, "dump")

    def tell_options(self, options: ProbeOptions) -> None:
        """What to probe, and how."""
        self._write("options", options)

    def options(self) -> ProbeOptions:
        """What to probe, and how."""
        options = self._read("options")
        if not isinstance(options, ProbeOptions):
            raise TypeError("the process that runs the program was given no options")
        return options

    def tell_step(self, words: str) -> None:
        """The probe begins with this."""
        with open(os.path.join(self.folder, "steps"), "a", encoding="utf-8") as file:
            file.write(words + "\n")

    def steps(self) -> list[str]:
        """What the probe has begun with so far."""
        return self.text("steps").splitlines()

    def tell_outcome(self, outcome: ProbeReport | Failure) -> None:
        """What the probe came to."""
        self._write("outcome", outcome)

    def outcome(self) -> ProbeReport | Failure | None:
        """What the probe came to; None while it has not come to anything."""
        outcome = self._read("outcome")
        return outcome if isinstance(outcome, ProbeReport | Failure) else None

    def text(self, name: str) -> str:
        """A file of the folder, empty if there is none."""
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def _write(self, name: str, value: object) -> None:
        path = os.path.join(self.folder, name)
        with open(path + ".part", "wb") as file:
            pickle.dump(value, file)
        os.replace(path + ".part", path)

    def _read(self, name: str) -> object:
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return pickle.load(file)  # noqa: S301 - written by our own other half, which runs the user's own code
        except FileNotFoundError:
            return None
