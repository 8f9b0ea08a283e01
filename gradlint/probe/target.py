"""Loads what the command line names: `file.py:factory` or `package.module:factory`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from gradlint.errors import nearest
from gradlint.probe.errors import ProbeError


def load(target: str) -> Any:
    """The object that a target names.

    Raises:
        ProbeError: there is no such file, module or name, or loading it raised (the `__cause__`).
    """
    where, colon, name = target.rpartition(":")
    if not colon or not where or not name:
        raise ProbeError(f"cannot read the target {target!r}: write file.py:factory or package.module:factory")
    module = _module(where)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            near = nearest(part, [each for each in dir(found) if not each.startswith("_")])
            raise ProbeError(f"{where} has no {name!r}{near}")
        found = getattr(found, part)
    return found


def _module(where: str) -> ModuleType:
    path = os.path.abspath(where)
    is_file = where.endswith(".py") or os.sep in where or "/" in where
    if is_file and not os.path.isfile(path):
        raise ProbeError(f"there is no file {where}")
    try:
        with _importable(os.path.dirname(path) if is_file else os.getcwd()):
            return _executed(path) if is_file else importlib.import_module(where)
    except ModuleNotFoundError as missing:
        if missing.name is not None and (where == missing.name or where.startswith(missing.name + ".")):
            raise ProbeError(f"there is no module {where} (looked in {os.getcwd()} too)") from None
        raise ProbeError(f"{where} could not be imported: {missing}") from missing
    except Exception as error:
        raise ProbeError(f"{where} could not be imported: {type(error).__name__}: {error}") from error


def _executed(path: str) -> ModuleType:
    name = os.path.splitext(os.path.basename(path))[0]
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ProbeError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Registered as an import would: dataclasses, pickles and Keras look their module up by name.
    if loaded is None:
        sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if loaded is None:
            sys.modules.pop(name, None)
        raise
    return module


@contextmanager
def _importable(folder: str) -> Iterator[None]:
    """Let the file import its neighbours, as `python file.py` would."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
