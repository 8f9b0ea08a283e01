"""Findings that a project has accepted, by fingerprint: `--write-baseline` and `--baseline`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from gradlint.diagnostics import Diagnostic
from gradlint.errors import UsageError
from gradlint.files import replace_file
from gradlint.fingerprints import content_of

VERSION = 1


@dataclass(frozen=True)
class Baseline:
    """The accepted fingerprints, each with the absolute path of the file that it was in."""

    accepted: Mapping[str, str] = field(default_factory=dict)

    def parted(self, findings: Iterable[Diagnostic], checked: Collection[str]) -> Parted:
        """What is new among findings.

        A finding whose file was moved is not: what it is about was accepted in a file that is gone, or that was
        `checked` too (an absolute path) and has it no longer.
        """
        findings = list(findings)
        present = {finding.fingerprint for finding in findings}
        left: dict[str, list[str]] = {}
        for fingerprint, path in self.accepted.items():
            if fingerprint not in present and (path in checked or not os.path.exists(path)):
                left.setdefault(content_of(fingerprint), []).append(path)
        new = []
        moved: Counter[tuple[str, str]] = Counter()
        for finding in findings:
            if finding.fingerprint in self.accepted:
                continue
            origins = left.get(content_of(finding.fingerprint))
            if origins:
                moved[origins.pop(0), finding.filename] += 1
            else:
                new.append(finding)
        return Parted(tuple(new), dict(sorted(moved.items())))


@dataclass(frozen=True)
class Parted:
    """The findings that no baseline accepts, and how many accepted ones moved from one file to another."""

    new: tuple[Diagnostic, ...]
    moved: Mapping[tuple[str, str], int]


def write_baseline(path: str, diagnostics: Iterable[Diagnostic]) -> int:
    """Write the fingerprints of `diagnostics`, with what a reader of the file wants to know; their number is returned.

    Raises:
        UsageError: the file cannot be written.
    """
    folder = os.path.dirname(os.path.abspath(path))
    accepted = [
        {
            "fingerprint": diagnostic.fingerprint,
            "code": diagnostic.code,
            "filename": _from(folder, diagnostic.filename),
            "enclosing": diagnostic.enclosing,
            "weight": diagnostic.weight,
        }
        for diagnostic in diagnostics
        if diagnostic.code != "GRD900"
    ]
    accepted.sort(key=lambda entry: (entry["filename"], entry["code"], entry["fingerprint"]))
    replace_file(path, json.dumps({"version": VERSION, "accepted": accepted}, indent=1) + "\n")
    return len(accepted)


def read_baseline(path: str) -> Baseline:
    """What a baseline accepts.

    Raises:
        UsageError: the file cannot be read or is no baseline of this version.
    """
    try:
        with open(path, encoding="utf-8") as file:
            baseline = json.load(file)
    except OSError as error:
        raise UsageError(f"{path}: the baseline cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: the baseline is not JSON: {error}") from None
    if not isinstance(baseline, dict) or baseline.get("version") != VERSION:
        raise UsageError(f"{path}: is no baseline of version {VERSION}; write it anew with --write-baseline")
    folder = os.path.dirname(os.path.abspath(path))
    try:
        return Baseline(
            {
                str(entry["fingerprint"]): os.path.normpath(os.path.join(folder, str(entry["filename"])))
                for entry in baseline["accepted"]
            }
        )
    except (KeyError, TypeError):
        raise UsageError(f"{path}: the baseline is damaged; write it anew with --write-baseline") from None


def _from(folder: str, path: str) -> str:
    """A path relative to the baseline's folder, with slashes: the same wherever gradlint is started."""
    try:
        relative = os.path.relpath(os.path.abspath(path), folder)
    except ValueError:  # another drive
        relative = os.path.abspath(path)
    return relative.replace(os.sep, "/")
