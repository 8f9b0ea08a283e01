"""Fixes in notebooks: which cell an edit of their code belongs to, and a notebook's JSON with nothing else changed."""

from __future__ import annotations

import difflib
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from gradlint.diagnostics import Edit
from gradlint.fixes.edits import apply_edits, edits_between
from gradlint.notebooks import Notebook, assembled, fault_of, python_lines

ESCAPED = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
"""A character outside of ASCII, written in ASCII."""
DECODER = json.JSONDecoder()


def edited(notebook: Notebook, edits: Sequence[Edit]) -> Notebook | None:
    """The notebook with edits of its text made in its cells.

    None where one would touch two cells or what is IPython's own, or leave a cell that is no Python by itself.
    """
    cells = [list(lines) for lines in notebook.cells]
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        place = _place(notebook, edit)
        if place is None:
            return None
        index, first, last, lines = place
        cells[index][first:last] = lines
    for old, new in zip(notebook.cells, cells, strict=True):
        if [*old] != new and (not new or fault_of("\n".join(python_lines(new))) is not None):
            return None
    after = assembled(list(zip(notebook.numbers, cells, strict=True)), notebook.broken)
    return after if after.text == apply_edits(notebook.text, edits) else None


def _place(notebook: Notebook, edit: Edit) -> tuple[int, int, int, list[str]] | None:
    """The index of the cell of an edit, the rows there that it replaces, counted from 0, and its lines."""
    first, last = edit.span.row - 1, edit.span.end_row - 1
    text = notebook.text.split("\n")
    lines = edit.content.split("\n")[:-1]
    while first == last > 0 and lines and lines[-1] == text[first - 1] == "":
        lines = ["", *lines[:-1]]  # the same edit, further up: a blank line above may belong to the cell above
        first = last = first - 1
    index = bisect_right(notebook.starts, first + 1) - 1
    indented = next((line for line in lines if line.strip()), "")[:1].isspace()
    if first == last and index > 0 and notebook.starts[index] == first + 1 and indented:
        index -= 1  # it goes on with the block that ends there
    if index < 0:
        return None
    begin, written = notebook.starts[index] - 1, notebook.cells[index]
    first, last = first - begin, last - begin
    if last > len(written) or [*written[first:last]] != text[first + begin : last + begin]:
        return None
    return index, first, last, lines


def in_one_cell(notebook: Notebook, edits: Sequence[Edit], filename: str) -> tuple[Edit, ...] | None:
    """Edits of the text as edits of one cell; None if they cannot be that."""
    after = edited(notebook, edits)
    found = [] if after is None else list(_changed(notebook, after, filename))
    return found[0][1] if len(found) == 1 else None


def _changed(before: Notebook, after: Notebook, filename: str) -> Iterator[tuple[int, tuple[Edit, ...]]]:
    """The cells that were changed, and how."""
    for number, old, new in zip(before.numbers, before.cells, after.cells, strict=True):
        if old != new:
            edits = edits_between("\n".join(old), "\n".join(new), filename)
            yield number, tuple(replace(edit, span=replace(edit.span, cell=number)) for edit in edits)


# -- the JSON ---------------------------------------------------------------------------------------------------


def rewritten(data: bytes, before: Notebook, after: Notebook) -> bytes:
    """The bytes of a notebook with the sources of its changed cells, and nothing else, replaced."""
    text = data.decode("utf-8")
    in_ascii = text.isascii() and ESCAPED.search(text) is not None
    changes = dict(_changed(before, after, ""))
    sources = {number: place for number, place in enumerate(_sources(text), 1) if number in changes}
    for number, (start, end) in sorted(sources.items(), key=lambda item: item[1], reverse=True):
        text = text[:start] + _source(text[start:end], changes[number], in_ascii, text) + text[end:]
    return text.encode("utf-8")


def _source(raw: str, edits: Iterable[Edit], in_ascii: bool, whole: str) -> str:
    """The JSON of a cell's source, a string or a list of strings, with edits; what stays is written as it was."""
    if raw.startswith('"'):
        return json.dumps(apply_edits(json.loads(raw), edits), ensure_ascii=in_ascii)
    places = list(_items(raw, 0))
    old = [json.loads(raw[start:end]) for start, end in places]
    new = apply_edits("".join(old), edits).splitlines(keepends=True)
    written: list[str] = []
    for tag, first, last, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            written += [raw[start:stop] for start, stop in places[first:last]]
        else:
            written += [json.dumps(line, ensure_ascii=in_ascii) for line in new[begin:end]]
    between = next((raw[one[1] : other[0]] for one, other in pairwise(places)), "")
    if not between:
        opening = raw[1 : places[0][0]] if places else ""
        between = "," + (opening or (" " if '": ' in whole else ""))
    ending = raw[places[-1][1] :] if places else "]"
    return raw[: places[0][0] if places else 1] + between.join(written) + ending


def _sources(text: str) -> Iterator[tuple[int, int]]:
    """Where the source of every cell stands in the JSON of a notebook; nowhere, for one that has none."""
    top = _members(text, _behind_blanks(text, 1 if text.startswith("\ufeff") else 0))
    sheets = [top]
    if "worksheets" in top:
        sheets = [_members(text, start) for start, _ in _items(text, top["worksheets"][0])]
    for sheet in sheets:
        for start, _ in _items(text, sheet["cells"][0]) if "cells" in sheet else ():
            parts = _members(text, start)
            yield parts.get("source") or parts.get("input") or (0, 0)


def _members(text: str, start: int) -> dict[str, tuple[int, int]]:
    """The members of the object that begins at `start`, and where their values stand."""
    found = {}
    at = _behind_blanks(text, start + 1)
    while text[at] != "}":
        key, at = DECODER.raw_decode(text, at)
        value = _behind_blanks(text, _behind_blanks(text, at) + 1)
        _, end = DECODER.raw_decode(text, value)
        found[key] = (value, end)
        at = _behind_comma(text, end)
    return found


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the items of the list that begins at `start` stand."""
    at = _behind_blanks(text, start + 1)
    while text[at] != "]":
        _, end = DECODER.raw_decode(text, at)
        yield at, end
        at = _behind_comma(text, end)


def _behind_comma(text: str, at: int) -> int:
    at = _behind_blanks(text, at)
    return _behind_blanks(text, at + 1) if text[at] == "," else at


def _behind_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\r":
        at += 1
    return at
