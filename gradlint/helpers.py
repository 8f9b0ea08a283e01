"""Functions that help a method: which of them are innocent of what they make."""

from __future__ import annotations

import ast


def gets_no_local(call: ast.expr) -> bool:
    """Whether a call hands on nothing but constants and what its object holds, so that it can only make something.

    >>> [gets_no_local(ast.parse(text, mode="eval").body) for text in ("mlp(self.sizes, 'relu')", "mlp(x)")]
    [True, False]
    """
    if not isinstance(call, ast.Call):
        return False
    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
    names = (node for argument in arguments for node in ast.walk(argument) if isinstance(node, ast.Name))
    return all(node.id == "self" for node in names)
