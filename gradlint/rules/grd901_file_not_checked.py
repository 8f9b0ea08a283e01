"""# file-not-checked (GRD901)

## What happens
A file that had to be checked cannot be: it is no valid Python, its encoding is unknown or wrong, it holds
NUL bytes, or it cannot be opened. The finding says which, and at what line. All other files are checked,
and the exit code is 1.

## Why
gradlint reads the syntax tree that Python itself would build, with the Python that runs it. A file that
this Python cannot parse has no tree, and silence would read as a pass. Files that hold nothing which
concerns a gradient are not parsed, and so are never reported here.

What to do: repair the file, run gradlint with a Python that knows the file's syntax (`match`, `except*`
and others are newer than some interpreters), or exclude the file.

## Broken
There is no program for this rule: a broken file does not run.

## Sound
Any file that `python -m py_compile` accepts.

## Fix safety
Not fixed automatically.

## Known missed
- A broken file without any sign of a weight or a tape is not parsed, and its syntax error is not seen.

## Known false alarms
- Templates and deliberately broken test data with the ending `.py`: exclude them.
"""

from __future__ import annotations

from gradlint.diagnostics import Severity
from gradlint.rules.rule import Rule

RULE = Rule(
    code="GRD901",
    name="file-not-checked",
    summary="The file cannot be read or parsed",
    severity=Severity.ERROR,
)
