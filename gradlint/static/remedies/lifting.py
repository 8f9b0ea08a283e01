"""What `tf.init_scope` lifts out of the tape is computed under it: the block goes, its body stays."""

from __future__ import annotations

import ast

from gradlint.changes import Change, Unwrap
from gradlint.diagnostics import Diagnostic
from gradlint.static.remedies.program import Program
from gradlint.static.remedies.purity import Verdict, objections

NOT_LIFTED = "within a `tf.function` what the block computed once, when it was traced, is computed by every call"


def lifted_change(program: Program, finding: Diagnostic) -> Change | None:
    """The body of the block without the block."""
    for node in program.at.get(finding.span, ()):
        for outer in program.around(node):
            if isinstance(outer, ast.With) and _only_lifts(program, outer):
                found = [one for part in outer.body for one in objections(program, None, part)]
                if any(one.verdict is Verdict.IMPURE for one in found):
                    return None
                return Change("leave `tf.init_scope` out", (Unwrap(program.span(outer)),), (NOT_LIFTED,))
    return None


def _only_lifts(program: Program, block: ast.With) -> bool:
    made = [item.context_expr for item in block.items if item.optional_vars is None]
    names = [program.dotted(one.func) for one in made if isinstance(one, ast.Call)]
    return names == ["tf.init_scope"] and len(block.items) == 1
