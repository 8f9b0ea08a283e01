"""Loads what the command line names: `file.py:factory` or `package.module:factory`.

The process is the program's own: its search path and `sys.modules` become what the program would find.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
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
        raise ProbeError(
            f"cannot read the target {target!r}: write file.py:factory, package.module:factory, script.py, "
            "or model.keras"
        )
    module = _module(where)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ProbeError(f'{where} has no "{name}"{nearest(part, _own_names(found))}')
        found = getattr(found, part)
    return found


def _own_names(holder: Any) -> list[str]:
    """What a target may name in a module or class: no module that it imports."""
    names = [each for each in dir(holder) if not each.startswith("_")]
    return [each for each in names if not isinstance(getattr(holder, each, None), ModuleType)]


def file_of(script: str) -> str:
    """The path of a script, whose folder becomes the first to look for modules in, as `python script` has it.

    Raises:
        ProbeError: there is no such file.
    """
    path = os.path.abspath(script)
    if not os.path.isfile(path):
        raise ProbeError(f"there is no file {script}")
    _search(os.path.dirname(path))
    return path


def _module(where: str) -> ModuleType:
    path = os.path.abspath(where)
    is_file = where.endswith(".py") or os.sep in where or "/" in where
    if is_file and not os.path.isfile(path):
        raise ProbeError(f"there is no file {where}")
    try:
        return _of_file(path) if is_file else _of_name(where)
    except ProbeError:
        raise
    except ModuleNotFoundError as missing:
        if missing.name is not None and not is_file and (where == missing.name or where.startswith(missing.name + ".")):
            raise ProbeError(f"there is no module {where} (looked in {os.getcwd()} too)") from None
        raise ProbeError(f"{where} could not be imported: {missing}") from missing
    except Exception as error:
        raise ProbeError(f"{where} could not be imported: {type(error).__name__}: {error}") from error


def _of_name(name: str) -> ModuleType:
    _search(os.getcwd())
    return importlib.import_module(name)


def _of_file(path: str) -> ModuleType:
    """The file as its package's module, or as `python file.py` would run it, if it is in no package."""
    folder, name = os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]
    root = folder
    while os.path.isfile(os.path.join(root, "__init__.py")):
        root, package = os.path.split(root)
        name = f"{package}.{name}"
    _search(root)
    if root != folder:
        module = importlib.import_module(name.removesuffix(".__init__"))
        if os.path.abspath(getattr(module, "__file__", None) or "") == path:
            return module
    return _executed(path)


def _search(folder: str) -> None:
    """Look for modules there first, for good: a factory may import its neighbours when it is called."""
    if folder not in sys.path:
        sys.path.insert(0, folder)


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
