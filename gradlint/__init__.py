"""gradlint finds the places where a gradient is lost in TensorFlow, Keras and TFP code.

`check` and `check_source` read source; `probe` and `assert_gradients` run a model and ask the tape.
All of them are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradlint.check import check, check_source
    from gradlint.diagnostics import Diagnostic
    from gradlint.probe import GradientError, GradientWarning, assert_gradients, probe
    from gradlint.probe.callback import GradientCheck

__all__ = [
    "Diagnostic",
    "GradientCheck",
    "GradientError",
    "GradientWarning",
    "__version__",
    "assert_gradients",
    "check",
    "check_source",
    "probe",
]
__version__ = "0.1.0"

_HOMES = {
    "Diagnostic": "gradlint.diagnostics",
    "GradientCheck": "gradlint.probe.callback",
    "GradientError": "gradlint.probe.errors",
    "GradientWarning": "gradlint.probe.errors",
    "assert_gradients": "gradlint.probe",
    "check": "gradlint.check",
    "check_source": "gradlint.check",
    "probe": "gradlint.probe",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    # The package `gradlint.probe` is itself callable, so that the name means the same before and after its import.
    return home if name == "probe" else getattr(home, name)
