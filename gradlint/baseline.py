"""Findings that a project has accepted, by fingerprint: `--write-baseline` and `--baseline`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from gradlint.diagnostics import Diagnostic
from gradlint.errors import UsageError
from gradlint.files import replace_file

VERSION = 1


def write_baseline(path: str, diagnostics: Iterable[Diagnostic]) -> int:
    """Write the fingerprints of `diagnostics`, with what a reader of the file wants to know; their number is returned.

    Raises:
        UsageError: the file cannot be written.
    """
    accepted = [
        {
            "fingerprint": diagnostic.fingerprint,
            "code": diagnostic.code,
            "filename": diagnostic.filename.replace("\\", "/"),
            "enclosing": diagnostic.enclosing,
            "weight": diagnostic.weight,
        }
        for diagnostic in diagnostics
        if diagnostic.code != "GRD900"
    ]
    accepted.sort(key=lambda entry: (entry["filename"], entry["code"], entry["fingerprint"]))
    replace_file(path, json.dumps({"version": VERSION, "accepted": accepted}, indent=1) + "\n")
    return len(accepted)


def read_baseline(path: str) -> frozenset[str]:
    """The fingerprints that a baseline accepts.

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
    try:
        return frozenset(str(entry["fingerprint"]) for entry in baseline["accepted"])
    except (KeyError, TypeError):
        raise UsageError(f"{path}: the baseline is damaged; write it anew with --write-baseline") from None
