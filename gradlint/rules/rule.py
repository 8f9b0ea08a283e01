"""What every rule module declares as its `RULE`."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.diagnostics import Severity


@dataclass(frozen=True)
class Rule:
    """A rule's metadata.

    `name` states the bad pattern, never the cure; `summary` is one line for the tables; `on` is false for a
    rule that runs only when it is selected.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    on: bool = True

    @property
    def url(self) -> str:
        """Where the rule's page stands in the source tree's documentation."""
        return f"https://gradlint.readthedocs.io/rules/{self.code}/"
