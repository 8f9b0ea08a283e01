"""Walking a tree finds what `ast.walk` finds, in its order, but for nodes without content."""

import ast
from pathlib import Path

import pytest

from gradlint.static.walking import inside

LEFT_OUT = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("path", ["gradlint/static", "gradlint/fixes", "tests"])
def test_it_finds_what_the_standard_walk_finds(path: str) -> None:
    for file in sorted((ROOT / path).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert inside(tree) == [node for node in ast.walk(tree) if not isinstance(node, LEFT_OUT)]


def test_it_finds_the_parts_of_every_kind_of_pattern() -> None:
    tree = ast.parse('match x:\n case {"a": C(1, b=[*c]) as d, **e} | None if f"{g:{h}}": pass')
    assert inside(tree) == [node for node in ast.walk(tree) if not isinstance(node, LEFT_OUT)]
