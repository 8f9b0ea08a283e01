"""The table of all rules: for a terminal, for programs and for the README."""

from __future__ import annotations

import json
from collections.abc import Iterable

from gradlint.rules import Rule


def as_text(rules: Iterable[Rule]) -> str:
    """Columns: code, severity, name, summary."""
    rows = [(rule.code, rule.severity.value + ("" if rule.on else ", off"), rule.name, rule.summary) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]) + "\n"
        for row in rows
    )


def as_json(rules: Iterable[Rule]) -> str:
    """One array of objects."""
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "summary": rule.summary,
            "severity": rule.severity.value,
            "on": rule.on,
            "url": rule.url,
        }
        for rule in rules
    ]
    return json.dumps(listed, indent=2) + "\n"


def as_markdown(rules: Iterable[Rule]) -> str:
    """The README's table."""
    rows = [
        f"| {rule.code} | `{rule.name}` | {rule.summary} | {rule.severity.value}{'' if rule.on else ', off'} |"
        for rule in rules
    ]
    return "\n".join(["| code | name | what ended the journey | severity |", "|---|---|---|---|", *rows]) + "\n"
