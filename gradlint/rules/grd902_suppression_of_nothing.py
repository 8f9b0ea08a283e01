"""# suppression-of-nothing (GRD902)

## What happens
A comment `# gradlint: ignore[GRD101]`, `# gradlint: ignore-file[GRD101]` or `# noqa: GRD101` names a code that
nothing in its statement (or its file) is guilty of, or a code that no rule has.

## Why
A suppression is a promise that somebody looked. Left behind after the code was repaired, it hides the next
finding at this place, and a mistyped code hides nothing at all.

What to do: delete the code, or the comment. If the comment is meant for another Keras, another rule selection
or code that gradlint cannot follow, `# gradlint: ignore[GRD902]` in the same statement silences this finding.

## Broken
There is no program for this rule: comments do not change what a program does.

## Sound
Any suppression that silences a finding. Only its own kind of silence is judged:

- a code that is not selected in this run, and a rule that is off, are passed over;
- what is needed on the other Keras only is of use;
- codes of other tools in `# noqa`, a bare `# noqa` (which silences none of our codes) and a bare
  `# gradlint: ignore-file` are passed over;
- a file that could not be followed to its end is passed over: silence would mean nothing there;
- findings that other files of the project cause at this place count, whether or not those files were named.

## Fix safety
Not fixed automatically.

## Known missed
- A suppression in a module that more than fifty files use which were not named. Name the whole project.
- A `# noqa: GRD101` in a file that holds nothing which concerns a gradient: such files are not read closely.

## Known false alarms
- A suppression that only a project elsewhere needs, which calls the function from outside.
"""

from __future__ import annotations

from gradlint.diagnostics import Severity
from gradlint.rules.rule import Rule

RULE = Rule(
    code="GRD902",
    name="suppression-of-nothing",
    summary="A suppression that suppresses nothing",
    severity=Severity.WARNING,
)
