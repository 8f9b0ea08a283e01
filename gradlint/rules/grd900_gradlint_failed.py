"""# gradlint-failed (GRD900)

## What happens
gradlint itself failed on this file, or one of its rules did. The finding names the file, the rule if it was
one, and the error in one line. Everything else is still reported, and the exit code is 2: the file was not
fully checked, and a pass would be a lie.

## Why
This is a mistake in gradlint, never in your code. A crash belongs to one rule and one file, so that the
rest of the run stays useful.

What to do: please report the line with the smallest file that shows it. To go on meanwhile, exclude the
file (`exclude` in the configuration, or `--exclude`).

## Broken
There is no program for this rule. If there were one that we knew, it would be repaired.

## Sound
Nothing in your code makes a difference here.

## Fix safety
There is nothing to fix in your code.

## Known missed
- A wrong verdict without a crash cannot know that it is wrong.

## Known false alarms
- None known.
"""

from __future__ import annotations

from gradlint.diagnostics import Severity
from gradlint.rules.rule import Rule

RULE = Rule(
    code="GRD900",
    name="gradlint-failed",
    summary="gradlint itself failed on this file",
    severity=Severity.ERROR,
)
