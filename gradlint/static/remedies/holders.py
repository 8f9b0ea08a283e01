"""A variable that nobody lists since its holder is no layer: the holder becomes one, or a `tf.Module`.

Keras 2 and a `tf.Module` look into modules, Keras 3 into layers only.
"""

from __future__ import annotations

import ast

from gradlint.changes import Change, DeriveFrom, InsertBefore, Step, Substitute
from gradlint.diagnostics import Diagnostic
from gradlint.run import Dialect, Role
from gradlint.static.knowledge import among, base_kind
from gradlint.static.remedies.arrays import library_name
from gradlint.static.remedies.effects import effects_of
from gradlint.static.remedies.program import Program
from gradlint.static.remedies.variables import TRAINS, weight_of

HOLDERS = frozenset({"tf.Module", "builtins.object"})


def holder_change(program: Program, finding: Diagnostic) -> Change | None:
    """Another base for the class that makes the variable; on Keras 3 the variable becomes its weight, too."""
    spans = [finding.span, *(stop.span for stop in finding.stops if stop.role is Role.CREATED)]
    for span in spans:
        for node in program.at.get(span, ()):
            owner = program.method_of(node)
            if isinstance(node, ast.Call) and owner is not None and program.dotted(node.func) == "tf.Variable":
                change = _derived(program, node, owner[1], finding.dialect)
                if change is not None:
                    return change
    return None


def _derived(program: Program, call: ast.Call, cls: ast.ClassDef, dialect: Dialect) -> Change | None:
    bases = [program.dotted(base) for base in cls.bases]
    if dialect is Dialect.ANY or len(bases) > 1 or not HOLDERS.issuperset(bases):
        return None
    if cls.keywords or cls.decorator_list or len(program.family(cls)) > 1:
        return None
    tensorflow = library_name(program, "tf")
    if tensorflow is None:
        return None
    steps: list[Step] = []
    if dialect is Dialect.KERAS_2 or _kinds_of_holders(program, cls) == {"tf.Module"}:
        if bases == ["tf.Module"] or _binds_any(cls, "attributes_of_modules"):
            return None
        base, kind = f"{tensorflow}.Module", "module"
    else:
        weight = weight_of(program, call)
        if weight is None or _binds_any(cls, "attributes_of_layers") or not _begins_with_super(cls, steps, program):
            return None
        base, kind = _layer(program, tensorflow), "layer"
        steps.append(weight)
    if cls.bases:
        steps.append(Substitute(program.span(cls.bases[0]), base))
    else:
        steps.append(DeriveFrom(program.span(cls), base))
    reasons = (TRAINS, f"every `{cls.name}` becomes a {kind}, which lists what it holds")
    return Change(f"let `{cls.name}` derive from `{base}`", tuple(steps), reasons)


def _kinds_of_holders(program: Program, cls: ast.ClassDef) -> set[str | None]:
    """What kinds of objects make one of a class, or what kinds there are if none of them does.

    A `tf.Module` looks for variables of TensorFlow, and not for the weights of a Keras 3 layer.
    """
    owners: set[ast.ClassDef] = set()
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == cls.name:
            owner = program.method_of(node)
            if owner is not None:
                owners.add(owner[1])
    others = owners or {one for one in program.classes() if one is not cls}
    family = {base for one in others for member in program.family(one) for base in member.bases}
    names = {name for base in family if (name := program.dotted(base)) is not None}
    return {base_kind(name) for name in names}


def _layer(program: Program, tensorflow: str) -> str:
    """How the text writes the class of layers."""
    for cls in program.classes():
        for base in cls.bases:
            if program.dotted(base) == "keras.layers.Layer":
                return program.text(base)
    return f"{tensorflow}.keras.layers.Layer"


def _binds_any(cls: ast.ClassDef, table: str) -> bool:
    """Whether the class has an attribute or method that means something else in its new base."""
    bound = {name for statement in cls.body for name in effects_of(statement, "").binds}
    bound |= {
        node.attr for node in ast.walk(cls) if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    return any(among(table, name) for name in bound)


def _begins_with_super(cls: ast.ClassDef, steps: list[Step], program: Program) -> bool:
    """Whether `__init__` begins with that of its base, or can be made to."""
    init = next((one for one in cls.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if init is None:
        return True
    calls = [
        node
        for node in ast.walk(init)
        if isinstance(node, ast.Attribute) and node.attr == "__init__" and isinstance(node.value, ast.Call)
    ]
    body = init.body[1:] if ast.get_docstring(init) is not None else init.body
    if not body:
        return False
    if calls:
        return any(node in ast.walk(body[0]) for node in calls)
    steps.append(InsertBefore(program.span(body[0]), ("super().__init__()",)))
    return True
