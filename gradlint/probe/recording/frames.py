"""Where in the user's source something happens: the frames of a running program, and the expressions they stand at."""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeVar

from gradlint.helpers import gets_no_local
from gradlint.run import Span

FRAMEWORKS = frozenset(
    {
        "tensorflow", "keras", "tf_keras", "tensorflow_probability", "numpy", "scipy", "gradlint", "tree", "decorator",
        "wrapt", "six", "absl", "gast", "astunparse", "jax", "ml_dtypes", "optree", "pytest", "_pytest", "pluggy",
        "rich",
    }
)  # fmt: skip
"""Packages whose lines are never the cause that a user can mend."""


class Mark(NamedTuple):
    """One frame at one moment: cheap to take for every operation, looked into only if a finding needs it."""

    code: CodeType
    offset: int
    line: int


Program = TypeVar("Program", bound=Callable[..., Any])

Moment = tuple[Mark, ...]
"""The frames at some moment, the innermost first."""


@dataclass(frozen=True)
class Place:
    """A place in the user's source: what a `Stop` needs to know of it."""

    span: Span
    text: str
    function: str


_GENERATED = "__autograph_generated_file"
_BORDERS: set[CodeType] = set()
_PROBE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def border(function: Program) -> Program:
    """Declare a function the border between the probe and the program: frames outside it are not the program's."""
    _BORDERS.add(inspect.unwrap(function).__code__)
    return function


def moment() -> tuple[Moment, tuple[FrameType, ...]]:
    """The program's frames right now without the probe's own, and the live frames themselves, for a closer look."""
    frame: FrameType | None = sys._getframe(1)
    frames = []
    while frame is not None and frame.f_code not in _BORDERS:
        if not is_ours(frame.f_code.co_filename):
            frames.append(frame)
        frame = frame.f_back
    return tuple([_mark(each) for each in frames]), tuple(frames)


def is_nested() -> bool:
    """Whether the program runs a probe itself, which looks at it for its own purposes."""
    frame: FrameType | None = sys._getframe(1)
    borders = 0
    while frame is not None:
        borders += frame.f_code in _BORDERS
        frame = frame.f_back
    return borders > 1


def _mark(frame: FrameType) -> Mark:
    code = frame.f_code
    if _GENERATED in code.co_filename:
        return _unconverted(frame) or Mark(code, frame.f_lasti, frame.f_lineno)
    return Mark(code, frame.f_lasti, frame.f_lineno)


def _unconverted(frame: FrameType) -> Mark | None:
    """The user's function and line that autograph made a frame's code from: its caller knows both."""
    caller = frame.f_back
    given = caller.f_locals if caller is not None else {}
    lines = getattr(given.get("converted_f"), "ag_source_map", None) or {}
    code = getattr(getattr(given.get("f"), "__func__", given.get("f")), "__code__", None)
    for generated, origin in lines.items():
        if generated.lineno == frame.f_lineno and code is not None:
            return Mark(code, -1, origin.loc.lineno)
    return None


@functools.cache
def is_ours(filename: str) -> bool:
    """Whether it is a file of the probe itself."""
    return filename.startswith(_PROBE)


@functools.cache
def origin_of(filename: str) -> str:
    """Whose file it is: `user`, `library` (installed by someone) or `framework` (never at fault here)."""
    if filename.startswith("<"):
        return "user" if linecache.getlines(filename) else "framework"
    path = filename.replace(os.sep, "/")
    if _GENERATED in path:
        return "framework"
    for folder in ("/site-packages/", "/dist-packages/"):
        if folder in path:
            package = path.rsplit(folder, 1)[1].split("/")[0].removesuffix(".py")
            return "framework" if package in FRAMEWORKS else "library"
    if path.startswith(sysconfig.get_paths()["stdlib"].replace(os.sep, "/") + "/"):
        return "framework"
    if is_ours(filename):
        return "framework"
    return "user"


def is_users(kind: type) -> bool:
    """Whether a class is the user's own, by the file of its functions."""
    functions = [inspect.unwrap(each) for each in vars(kind).values() if inspect.isfunction(each)]
    return any(origin_of(each.__code__.co_filename) == "user" for each in functions if inspect.isfunction(each))


def user_marks(moment: Moment) -> list[int]:
    """The indices of the user's own frames, the innermost first; an installed library's, if there are no others."""
    for wanted in ("user", "library"):
        found = [index for index, mark in enumerate(moment) if origin_of(mark.code.co_filename) == wanted]
        if found:
            return found
    return []


def user_frames(moment: Moment) -> Moment:
    """The frames of the user's own code alone: one line that two callers reach gives two chains."""
    return tuple(mark for mark in moment if origin_of(mark.code.co_filename) == "user")


def outside_of_helpers(moment: Moment) -> Place | None:
    """The line of a method that calls the plain functions in which something happens; None if no method does."""
    places = [place_of(moment[index]) for index in user_marks(moment)]
    helpers = list(takewhile(lambda place: place.function and "." not in place.function, places))
    caller = places[len(helpers)] if 0 < len(helpers) < len(places) else None
    return caller if caller is not None and caller.function and _gets_no_local(caller.text) else None


def _gets_no_local(text: str) -> bool:
    try:
        return gets_no_local(ast.parse(text, mode="eval").body)
    except SyntaxError:  # the text of a line of which the interpreter does not say what it evaluates
        return False


def innermost(moment: Moment) -> Place | None:
    """The innermost place in the user's code."""
    marks = user_marks(moment)
    return place_of(moment[marks[0]]) if marks else None


def traced_at(moment: Moment) -> Place | None:
    """Where the outermost of the user's functions that run under `tf.function` is put under it: its decorator.

    Without one it is the line that calls the function.
    """
    users = user_marks(moment)
    for index, outer in zip(reversed(users), (len(moment), *reversed(users)), strict=False):
        between = (mark.code.co_filename.replace(os.sep, "/") for mark in moment[index + 1 : outer])
        if any(name.endswith(_TRACING) for name in between):
            called = place_of(moment[outer]) if outer < len(moment) else None
            return _decorator(moment[index].code) or called
    return None


_TRACING = "/polymorphic_function/polymorphic_function.py"


def _decorator(code: CodeType) -> Place | None:
    """The decorator that puts a function under `tf.function`."""
    tree = _tree(code.co_filename)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.FunctionDef) or node.name != code.co_name or not node.decorator_list:
            continue
        if node.decorator_list[0].lineno == code.co_firstlineno:
            wanted = next((one for one in node.decorator_list if "function" in ast.unparse(one)), None)
            if wanted is not None:
                lines = linecache.getlines(code.co_filename)
                span = _node_span(_shown(code.co_filename), wanted, lines)
                return Place(span, _text(lines, span), _function(code.co_filename, node.lineno))
    return None


def place_of(mark: Mark) -> Place:
    """The smallest expression that the frame was busy with."""
    filename = mark.code.co_filename
    row, end_row, column, end_column = _extent(mark)
    lines = linecache.getlines(filename)
    span = Span(
        _shown(filename), row, _character(lines, row, column) + 1, end_row, _character(lines, end_row, end_column) + 1
    )
    return Place(span, _text(lines, span), _function(filename, row))


def place_in(moment: Moment, index: int) -> Place:
    """The place of one frame; a lambda outside of every function is at work for the one that called it."""
    place = place_of(moment[index])
    if moment[index].code.co_name != "<lambda>" or place.function:
        return place
    callers = (each for each in user_marks(moment) if each > index and moment[each].code.co_name != "<lambda>")
    caller = next(callers, None)
    return place if caller is None else replace(place, function=place_of(moment[caller]).function)


def statement_of(mark: Mark) -> Place:
    """The whole statement around the frame's expression; of a compound statement, its first line."""
    inner = place_of(mark)
    statements = _statements_of(mark.code.co_filename, "".join(linecache.getlines(mark.code.co_filename)))
    around = [node for node in statements if _covers(node, inner.span.row)]
    if not around:
        return inner
    # Of several statements on one line, the one that the expression stands in.
    lines = linecache.getlines(mark.code.co_filename)
    for node in reversed(around):
        span = _node_span(inner.span.filename, node, lines)
        if (span.row, span.column) <= (inner.span.row, inner.span.column) and (
            inner.span.end_row,
            inner.span.end_column,
        ) <= (
            span.end_row,
            span.end_column,
        ):
            return Place(span, _text(lines, span), inner.function)
    return inner


def _covers(node: ast.stmt, row: int) -> bool:
    return node.lineno <= row <= (node.end_lineno or node.lineno)


def _node_span(filename: str, node: Any, lines: list[str]) -> Span:
    return Span(
        filename,
        node.lineno,
        _character(lines, node.lineno, node.col_offset) + 1,
        node.end_lineno,
        _character(lines, node.end_lineno, node.end_col_offset) + 1,
    )


def _shown(filename: str) -> str:
    """A path as the linter prints it: relative where it lies below the current folder."""
    if filename.startswith("<"):
        return filename
    try:
        relative = os.path.relpath(filename)
    except ValueError:  # another drive
        return filename
    return filename if relative.startswith("..") else relative.replace(os.sep, "/")


def _character(lines: list[str], row: int, byte: int) -> int:
    """Python counts columns in bytes, people in characters."""
    if byte <= 0 or not 0 < row <= len(lines):
        return max(byte, 0)
    return len(lines[row - 1].encode()[:byte].decode(errors="ignore"))


def _text(lines: list[str], span: Span) -> str:
    rows = lines[span.row - 1 : span.end_row]
    if not rows:
        return ""
    rows[-1] = rows[-1][: span.end_column - 1]
    rows[0] = rows[0][span.column - 1 :]
    return " ".join(" ".join(rows).split())


@functools.lru_cache(maxsize=64)
def _tree_of(filename: str, source: str) -> ast.Module | None:
    try:
        return ast.parse(source, filename)
    except SyntaxError:  # a notebook cell with magics: its lines are still right, its expressions are not known
        return None


@functools.lru_cache(maxsize=64)
def _statements_of(filename: str, source: str) -> tuple[ast.stmt, ...]:
    """The statements that hold no others."""
    tree = _tree_of(filename, source)
    nodes = ast.walk(tree) if tree is not None else ()
    return tuple(node for node in nodes if isinstance(node, ast.stmt) and not hasattr(node, "body"))


def _tree(filename: str) -> ast.Module | None:
    return _tree_of(filename, "".join(linecache.getlines(filename)))


@functools.lru_cache(maxsize=4096)
def _function(filename: str, row: int) -> str:
    """The qualified name of the function around a row, as the linter writes it."""
    names: list[str] = []
    tree = _tree(filename)
    nodes: list[ast.AST] = [tree] if tree else []
    while nodes:
        node = nodes.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt) and _covers(child, row):
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    names.append(child.name)
                nodes = [child]
                break
            if isinstance(child, (ast.ExceptHandler, ast.match_case)):
                nodes.append(child)
    return ".".join(names)


def _extent(mark: Mark) -> tuple[int, int, int, int]:
    """(row, end row, first byte, last byte) of the expression that the frame was evaluating."""
    positions = getattr(mark.code, "co_positions", None)
    if positions is not None and mark.offset >= 0:
        row, end_row, column, end_column = list(positions())[mark.offset // 2]
        if None not in (row, end_row, column, end_column):
            return row, end_row, column, end_column
    node = _by_opcode(mark)
    if node is not None:
        return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
    lines = linecache.getlines(mark.code.co_filename)
    line = lines[mark.line - 1].rstrip("\n") if 0 < mark.line <= len(lines) else ""
    indent = len(line) - len(line.lstrip())
    return mark.line, mark.line, len(line[:indent].encode()), len(line.encode())


_OPCODES: dict[str, tuple[type[ast.AST], ...]] = {
    "CALL_FUNCTION": (ast.Call,),
    "CALL_FUNCTION_KW": (ast.Call,),
    "CALL_FUNCTION_EX": (ast.Call,),
    "CALL_METHOD": (ast.Call,),
    "BINARY_SUBSCR": (ast.Subscript,),
    "LOAD_ATTR": (ast.Attribute,),
    "COMPARE_OP": (ast.Compare,),
}


def _by_opcode(mark: Mark) -> Any:
    """The expression of an instruction in Python 3.10, which knows only its line.

    Expressions run in the order in which they end, so the third call among a line's instructions is the third
    call among its expressions.
    """

    def kind(name: str) -> tuple[type[ast.AST], ...] | None:
        if name.startswith(("BINARY_", "INPLACE_")) and name != "BINARY_SUBSCR":
            return (ast.BinOp, ast.AugAssign)
        if name.startswith("UNARY_"):
            return (ast.UnaryOp,)
        return _OPCODES.get(name)

    instructions = []
    line = mark.code.co_firstlineno
    for instruction in dis.get_instructions(mark.code):
        line = instruction.starts_line or line
        instructions.append((line, instruction))
    current = next((each for each in instructions if each[1].offset == mark.offset), None)
    wanted = kind(current[1].opname) if current else None
    tree = _tree(mark.code.co_filename)
    if wanted is None or tree is None:
        return None
    same = [each.offset for row, each in instructions if row == mark.line and kind(each.opname) == wanted]
    nodes = [node for node in _as_run(_owner(tree, mark.code)) if isinstance(node, wanted) and node.lineno == mark.line]  # type: ignore[attr-defined]
    if len(nodes) != len(same):
        return None
    return nodes[same.index(mark.offset)]


def _owner(tree: ast.Module, code: CodeType) -> list[ast.AST]:
    """The syntax that a code object was made of."""
    scopes: tuple[type[ast.AST], ...] = {
        "<lambda>": (ast.Lambda,),
        "<listcomp>": (ast.ListComp,),
        "<setcomp>": (ast.SetComp,),
        "<dictcomp>": (ast.DictComp,),
        "<genexpr>": (ast.GeneratorExp,),
    }.get(code.co_name, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    if code.co_name == "<module>":
        return list(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, scopes):
            first = min([getattr(node, "lineno", 0), *(each.lineno for each in getattr(node, "decorator_list", ()))])
            if first == code.co_firstlineno and getattr(node, "name", code.co_name) == code.co_name:
                body = getattr(node, "body", None)
                if isinstance(body, list):
                    return body
                return [body] if isinstance(body, ast.AST) else list(ast.iter_child_nodes(node))
    return []


def _as_run(nodes: list[ast.AST]) -> list[ast.AST]:
    """The nodes in the order in which they finish, without those of functions defined among them."""
    inner = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.Lambda,
        ast.ListComp,
        ast.SetComp,
        ast.DictComp,
        ast.GeneratorExp,
    )
    ordered: list[ast.AST] = []
    for node in nodes:
        if not isinstance(node, inner):
            ordered.extend(_as_run(list(ast.iter_child_nodes(node))))
            ordered.append(node)
    return ordered
