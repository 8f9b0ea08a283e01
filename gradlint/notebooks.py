"""Jupyter notebooks: their code cells as one source text, and the way back from its rows to cells."""

from __future__ import annotations

import json
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradlint.run import Span
from gradlint.sources import tree_of

PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "pypy", "debug"})
"""Cell magics (`%%time`) that run the rest of their cell as Python in this process; others take it for themselves."""
PYTHON_LINES = re.compile(r"%(?:time|timeit|prun|memit|mprun|lprun)(?:[ \t]+-\w+(?:[ \t]+\d+)?)*[ \t]+(?=[^\s-])")
"""Line magics that run the rest of their line as Python."""
ENVIRONMENT = re.compile(r"%(?:set_)?env[ \t]+(\w+)(?:[ \t]*=[ \t]*|[ \t]+)(\S+)[ \t]*$")
INSTALLS = re.compile(r"[!%]?[ \t]*(?:python3?[ \t]+-m[ \t]+)?(?:uv[ \t]+)?pip3?[ \t]+install[ \t]+(.*)")
AUTOMAGIC = re.compile(
    r"(?:pip3?|conda|mamba|uv|cat|cd|cp|env|head|less|ls|man|mkdir|more|mv|pwd|rm|rmdir|run|tensorboard|time|timeit"
    r"|tensorflow_version|load_ext|reload_ext|autoreload|matplotlib|pylab|set_env|who|whos)"
    r"[ \t]+(?:[\"'\w~$]|\.\.?(?:/|$))"
)
"""Line magics, as they run without their `%` where the line is no Python."""
NAMES_BESIDE = re.compile(r"\w+[ \t]+(?:and|if|in|is|not|or)\b")
HELP = re.compile(r"(?:\?{1,2}[ \t]*[\w.%*]+|[\w.%*]+[ \t]*\?{1,2})[ \t]*$")
ASSIGNED = re.compile(r"([^=!%#\"'()\[\]]*[\w\]][ \t]*=[ \t]*)[!%][^=]")
"""`files = !ls`: what is assigned is not known."""
WORDS = re.compile(r"(?P<comment>#)|(?P<triple>\"{3}|'{3})|(?P<quote>[\"'])|(?P<open>[(\[{])|(?P<close>[)\]}])|\\.")


class NotebookError(Exception):
    """What is no notebook, with the row and column where that shows."""

    def __init__(self, reason: str, row: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.row = row
        self.column = column


@dataclass(frozen=True)
class Notebook:
    """The code of a notebook as one text.

    `starts` are the rows (from 1) at which its code cells begin in `text`, `numbers` what number each has among all
    cells, counted from 1; `cells` are the lines of each as they were written.
    """

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    installs: tuple[str, ...] = ()
    """What its cells have pip install, as in `tensorflow<2.16`."""
    broken: frozenset[int] = frozenset()
    """The numbers of cells that are no Python, and blank in `text`."""

    def in_cell(self, span: Span) -> Span:
        """The place in a cell of a place in the text."""
        index = bisect_right(self.starts, span.row) - 1
        if index < 0:
            return span
        written = self.cells[index]
        row, end_row = span.row - self.starts[index] + 1, span.end_row - self.starts[index] + 1
        goes_on = end_row > len(written)
        return replace(
            span,
            row=row,
            column=span.column + _taken(written, row),
            end_row=min(end_row, len(written)),
            end_column=len(written[-1]) + 1 if goes_on else span.end_column + _taken(written, end_row),
            cell=self.numbers[index],
        )

    def lines(self, cell: int) -> Sequence[str]:
        """The lines of a cell."""
        return self.cells[self.numbers.index(cell)] if cell in self.numbers else ()


def read_notebook(data: bytes) -> Notebook:
    """The code of a notebook of format 3 or 4; of one in another language than Python there is none.

    Raises:
        NotebookError: the bytes are no notebook.
    """
    if not data.strip():
        return assembled(())
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotebookError(f"this notebook is not UTF-8: {error}") from None
    except json.JSONDecodeError as error:
        raise NotebookError(f"this notebook is not JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        raise NotebookError("this notebook is not JSON that can be read: it is nested too deeply") from None
    if not isinstance(notebook, dict):
        raise NotebookError("this is no notebook: its JSON is no object")
    if _language(notebook) not in {"python", "ipython", ""}:
        return assembled(())
    return assembled(list(_code_cells(notebook)))


def _language(notebook: Mapping[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            return str(entry[name]).lower()
    return ""


def _code_cells(notebook: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """The number and the lines of every code cell."""
    if "worksheets" in notebook:  # format 3
        sheets = notebook["worksheets"]
        if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
            raise NotebookError("this is no notebook: its worksheets are no list of objects")
        groups = [sheet.get("cells", []) for sheet in sheets]
    else:
        groups = [notebook.get("cells", [])]
    if not all(isinstance(group, list) for group in groups):
        raise NotebookError("this is no notebook: its cells are no list")
    cells = [cell for group in groups for cell in group]
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            raise NotebookError(f"this is no notebook: its cell {number} is no object")
        if cell.get("cell_type") != "code" or str(cell.get("language", "python")).lower() != "python":
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list) and all(isinstance(part, str) for part in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise NotebookError(f"this is no notebook: the source of its cell {number} is no text")
        yield number, source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is no Python: its number, where in the notebook's text that shows, and why."""

    number: int
    row: int
    column: int
    reason: str


def without_broken_cells(notebook: Notebook) -> tuple[Notebook, tuple[BrokenCell, ...]]:
    """The notebook with cells left blank that are no Python, which run no line in Jupyter; and these cells."""
    if fault_of(notebook.text) is None:
        return notebook, ()
    cells = list(zip(notebook.numbers, map(list, notebook.cells), strict=True))
    broken = []
    for start, (number, written) in zip(notebook.starts, cells, strict=True):
        fault = fault_of("\n".join(python_lines(written)))
        if fault is not None:
            row = start - 1 + min(fault.lineno or 1, len(written))
            reason = re.sub(r" on line (?=\d+$)", " in row ", fault.msg)
            broken.append(BrokenCell(number, row, max(fault.offset or 1, 1), reason))
    return assembled(cells, frozenset(cell.number for cell in broken)), tuple(broken)


def fault_of(text: str) -> SyntaxError | None:
    """Why a text is no Python; what else keeps Python from parsing it is told of the file as a whole."""
    try:
        tree_of(text)
    except SyntaxError as fault:
        return fault
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def assembled(cells: Sequence[tuple[int, list[str]]], broken: frozenset[int] = frozenset()) -> Notebook:
    """The notebook of code cells, the number and the lines of each, the text of the `broken` ones left blank."""
    lines: list[str] = []
    starts = []
    installs: list[str] = []
    for number, written in cells:
        starts.append(len(lines) + 1)
        installs += (requirement for line in written for requirement in _installed(line))
        lines += ["" for _ in written] if number in broken else python_lines(written)
    return Notebook(
        "\n".join([*lines, ""]),
        tuple(starts),
        tuple(number for number, _ in cells),
        tuple(tuple(written) for _, written in cells),
        tuple(installs),
        broken,
    )


def _installed(line: str) -> list[str]:
    """What a line has pip install, less the options."""
    found = INSTALLS.match(line.strip())
    try:
        words = shlex.split(found[1], comments=True) if found else []
    except ValueError:  # a quote that nobody closes
        words = []
    return [word for word in words if not word.startswith("-")]


def _first(lines: Sequence[str]) -> int | None:
    """The index of the first line that is not blank."""
    return next((index for index, line in enumerate(lines) if line.strip()), None)


def _indent(lines: Sequence[str]) -> str:
    """What the first line of a cell is indented by: IPython takes as much from every line."""
    first = _first(lines)
    return "" if first is None else lines[first][: len(lines[first]) - len(lines[first].lstrip())]


def _taken(lines: Sequence[str], row: int) -> int:
    """How many columns of a row of a cell, counted from 1, are not in the text."""
    first = _first(lines)
    if first is not None and lines[first].startswith("%%"):
        return _taken(lines[first + 1 :], row - first - 1) if row > first + 1 else 0
    indent = _indent(lines)
    return len(indent) if 0 < row <= len(lines) and lines[row - 1].startswith(indent) else 0


def python_lines(lines: Sequence[str]) -> list[str]:
    """The lines of a cell with what only IPython understands made harmless.

    Columns of Python stay where they are, but for a cell whose first line is indented: it moves to the left.
    """
    first = _first(lines)
    if first is not None and lines[first].startswith("%%"):
        name = lines[first][2:].split()[:1]
        if not name or name[0] not in PYTHON_CELLS:
            return ["" for _ in lines]
        return [*("" for _ in lines[: first + 1]), *python_lines(lines[first + 1 :])]
    indent = _indent(lines)
    made = []
    scanner = _Scanner()
    goes_on = False
    for line in (line.removeprefix(indent) for line in lines):
        if goes_on:
            goes_on = line.endswith("\\")
            made.append("")
        elif scanner.at_start and (harmless := _harmless(line)) is not None:
            goes_on = line.endswith("\\") and not PYTHON_LINES.match(line.lstrip())
            made.append(harmless)
            scanner.read(harmless)
        else:
            made.append(line)
            scanner.read(line)
    return made


def _harmless(line: str) -> str | None:
    """What stands for a line of IPython's own; None for a line of Python."""
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    runs = PYTHON_LINES.match(stripped)
    if runs:
        return indent + "0;".ljust(runs.end()) + stripped[runs.end() :]
    setting = ENVIRONMENT.match(stripped)
    if setting:
        return f'{indent}__import__("os").environ["{setting[1]}"] = {setting[2]!r}'
    automagic = AUTOMAGIC.match(stripped) and not NAMES_BESIDE.match(stripped)
    if stripped.startswith(("%", "!")) or automagic or HELP.match(stripped):
        return indent + "pass"
    assigned = ASSIGNED.match(line)
    return f"{assigned[1]}_" if assigned else None


class _Scanner:
    """Tells whether a line begins a statement: no bracket, string or backslash is open."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._goes_on = False

    @property
    def at_start(self) -> bool:
        """Whether the next line begins a statement."""
        return not (self._depth or self._quote or self._goes_on)

    def read(self, line: str) -> None:
        """Go on by one line."""
        position = 0
        commented = False
        while position < len(line) and not commented:
            if self._quote:
                position = self._end_of_string(line, position)
                continue
            found = WORDS.search(line, position)
            position = found.end() if found else len(line)
            if found:
                commented = bool(found["comment"])
                self._quote = found["triple"] or found["quote"] or ""
                self._depth = max(0, self._depth + bool(found["open"]) - bool(found["close"]))
        self._goes_on = line.endswith("\\") and not commented
        if len(self._quote) == 1 and not self._goes_on:
            self._quote = ""

    def _end_of_string(self, line: str, position: int) -> int:
        while position < len(line):
            if line[position] == "\\":
                position += 2
            elif line.startswith(self._quote, position):
                position += len(self._quote)
                self._quote = ""
                return position
            else:
                position += 1
        return position
