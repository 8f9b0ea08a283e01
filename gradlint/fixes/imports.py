"""Imports that an edit left without a reader: they go with it, where nothing else can miss them."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable

import libcst as cst

WITHOUT_EFFECT = sys.stdlib_module_names | {"numpy"}
"""Modules whose import does nothing that a program could want by itself."""
Missed = Callable[[str], bool]
"""Whether another file may take a name from this one."""


def without_unread(before: str, after: str, is_missed: Missed) -> str:
    """The second text without the imports at its top level that something read in the first, and nothing reads now."""
    read, still = _read(before), _read(after)
    gone = {name for name in read if not still[name] and name in _imported(after) and not is_missed(name)}
    if not gone or "__all__" in read:
        return after
    return _without(gone, cst.parse_module(after)).code


def _read(text: str) -> Counter[str]:
    """How often each name is read, or spoken of in a string."""
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(re.findall(r"\w+", node.value))
    return found


def _imported(text: str) -> set[str]:
    """The names that imports of modules without effects bind at the top level, each by itself."""
    found = set()
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import):
            modules = [(alias.asname or alias.name, alias.name) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            modules = [(alias.asname or alias.name, statement.module or "") for alias in statement.names]
        else:
            continue
        found |= {name for name, module in modules if module.partition(".")[0] in WITHOUT_EFFECT}
    return found


def _without(names: set[str], module: cst.Module) -> cst.Module:
    """A module without some names in the imports at its top level."""
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    left: list[cst.EmptyLine] = []
    gone = False
    for statement in module.body:
        kept = _line_without(names, statement) if isinstance(statement, cst.SimpleStatementLine) else statement
        if kept is None:
            left += getattr(statement, "leading_lines", ())
            gone = True
            continue
        if left or (gone and not body):
            own = [*getattr(kept, "leading_lines", ())]
            lines = [*left, *_from_first_comment(own)]
            kept = kept.with_changes(leading_lines=lines if body or module.header else _from_first_comment(lines))
            left = []
        body.append(kept)
    return module.with_changes(body=body, footer=[*left, *module.footer])


def _from_first_comment(lines: list[cst.EmptyLine]) -> list[cst.EmptyLine]:
    return lines[next((n for n, one in enumerate(lines) if one.comment is not None), len(lines)) :]


def _line_without(names: set[str], line: cst.SimpleStatementLine) -> cst.SimpleStatementLine | None:
    """A line without some names that it imports; None if nothing is left of it."""
    statement = line.body[0]
    if len(line.body) > 1 or not isinstance(statement, (cst.Import, cst.ImportFrom)):
        return line
    if isinstance(statement.names, cst.ImportStar):
        return line
    aliases = [*statement.names]
    kept = [one for one in aliases if _bound(one) not in names]
    if not kept:
        return None if line.trailing_whitespace.comment is None else line
    if aliases[-1] is not kept[-1]:
        kept[-1] = kept[-1].with_changes(comma=aliases[-1].comma)
    return line if len(kept) == len(aliases) else line.with_changes(body=[statement.with_changes(names=kept)])


def _bound(alias: cst.ImportAlias) -> str:
    return alias.evaluated_alias or alias.evaluated_name
