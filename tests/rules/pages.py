"""Reads the pages of the rules: their sections and the programs in them.

A page is Markdown. Its programs are fenced blocks in the sections "Broken", "Sound" and "Known missed", and
their info string says for which dialects they are written and what the tape must answer for every weight:

    ```python keras=2,3 ok=kernel none=loc,scale
    ```python keras=3 unlisted=scale
    ```python keras=2,3 ok=kernel zero=shift nonfinite=scale
    ```python keras=2,3 partial=kernel

`ok`, `none`, `zero` (all its numbers are), `nonfinite` (one of them is not) and `partial` (it is there, but is not the
slope of the loss) name the trainable variables that
the program lists, by the last part of their name, all of them; `unlisted` names variables that the program reads
under the tape but does not list, and `forgotten` trainable variables that were made while the model was built and
that the program neither lists nor reads any more. A program with any answer but `ok` is broken, any other is sound.

A program takes one of two forms:

- it defines `make_model()` and `inputs()`. The model is called once to build it, then a second time under a
  tape, with fresh inputs; the loss is the sum of what it returns, weighed with random numbers, and `model.losses`;
- it is a script with a tape of its own and ends by setting `gradients`, a dict from names to what its tape gave.
  Every variable that its tape could be asked for is in it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

SECTIONS = ("What happens", "Why", "Broken", "Sound", "Fix safety", "Known missed", "Known false alarms")

TITLE = re.compile(r"# (?P<name>[a-z0-9-]+) \((?P<code>GRD\d{3})\)")
FENCE = re.compile(r"^```python(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWERS = ("ok", "none", "zero", "nonfinite", "partial", "unlisted", "forgotten")


@dataclass(frozen=True)
class Program:
    """One program of a page and what the tape must answer."""

    code: str
    section: str
    number: int
    text: str
    dialects: frozenset[str]
    expected: tuple[tuple[str, str], ...]
    """Pairs of a variable's name and its answer, sorted."""

    @property
    def name(self) -> str:
        """How tests call it: `GRD101-broken-1`."""
        return f"{self.code}-{self.section.lower().replace(' ', '-')}-{self.number}"

    @property
    def lost(self) -> frozenset[str]:
        """The variables that do not train."""
        return frozenset(name for name, answer in self.expected if answer != "ok")


@dataclass(frozen=True)
class Page:
    """A rule's page, taken apart."""

    text: str

    @cached_property
    def title(self) -> str:
        """The first line."""
        return self.text.partition("\n")[0]

    @cached_property
    def code(self) -> str:
        """The code in the title, or ""."""
        match = TITLE.fullmatch(self.title)
        return match["code"] if match else ""

    @cached_property
    def name(self) -> str:
        """The rule's name in the title, or ""."""
        match = TITLE.fullmatch(self.title)
        return match["name"] if match else ""

    @cached_property
    def sections(self) -> dict[str, str]:
        """The text of each section by its heading, in the page's order."""
        prose_only = FENCE.sub(lambda match: "\n" * match[0].count("\n"), self.text)
        rows = [row for row, line in enumerate(prose_only.splitlines()) if line.startswith("## ")]
        lines = self.text.splitlines()
        ends = [*rows[1:], len(lines)]
        return {
            lines[row][3:]: "\n".join(lines[row + 1 : end]).strip("\n") for row, end in zip(rows, ends, strict=True)
        }

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """All programs, in the page's order.

        Raises:
            ValueError: an info string is not of the form above.
        """
        return tuple(
            Program(self.code, section, number, match["text"], *_expectations(match["info"]))
            for section, text in self.sections.items()
            for number, match in enumerate(FENCE.finditer(text + "\n"), start=1)
        )

    @property
    def broken(self) -> tuple[Program, ...]:
        """The programs of "Broken"."""
        return tuple(program for program in self.programs if program.section == "Broken")

    @property
    def sound(self) -> tuple[Program, ...]:
        """The programs of "Sound"."""
        return tuple(program for program in self.programs if program.section == "Sound")

    @property
    def missed(self) -> tuple[Program, ...]:
        """The programs of "Known missed": broken, and the linter does not find it."""
        return tuple(program for program in self.programs if program.section == "Known missed")


def twins(page: Page) -> Iterator[tuple[Program, Program]]:
    """Each sound program with the broken one for its dialects that it is closest to."""
    for sound in page.sound:
        candidates = [broken for broken in page.broken if sound.dialects <= broken.dialects]
        if candidates:
            yield min(candidates, key=lambda broken: differing_lines(broken.text, sound.text)), sound


def differing_lines(one: str, other: str) -> int:
    """How many lines must be changed, added or taken out to make one text the other."""
    matcher = difflib.SequenceMatcher(None, one.splitlines(), other.splitlines(), autojunk=False)
    return sum(
        max(one_end - one_start, other_end - other_start)
        for tag, one_start, one_end, other_start, other_end in matcher.get_opcodes()
        if tag != "equal"
    )


def _expectations(info: str) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    fields = {}
    for word in info.split():
        key, equals, values = word.partition("=")
        if not equals or not values or key in fields or key not in ("keras", *ANSWERS):
            raise ValueError(f"{word!r} in the info string {info.strip()!r}")
        fields[key] = values.split(",")
    dialects = frozenset(fields.get("keras", ()))
    if not dialects or not dialects <= {"2", "3"}:
        raise ValueError(f"no dialect in the info string {info.strip()!r}")
    return dialects, tuple(sorted((name, answer) for answer in ANSWERS for name in fields.get(answer, ())))
