"""Loads a model that Keras saved to a file, as a factory."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from typing import Any

from gradlint.probe.errors import ProbeError, described
from gradlint.probe.recording import hooks

ENDINGS = (".keras", ".h5", ".hdf5")
UNKNOWN = re.compile(
    r"Could not locate (?:class|function) '([^']+)'|Unknown layer: '?(\w+)|layer=(\w+) of type <class 'str'>"
)
"""How the versions of Keras say that they do not know a class."""


def is_saved(target: str) -> bool:
    """Whether a target names a saved model, and no function that makes one."""
    return target.lower().endswith(ENDINGS)


def factory(path: str) -> Callable[[], Any]:
    """A function that loads the model, in Keras' safe mode: it runs no code that the file brings along.

    Raises:
        ProbeError: there is no such file.
    """
    if not os.path.isfile(path):
        raise ProbeError(f"there is no file {path}")

    def load_model() -> Any:
        load = hooks.keras().models.load_model
        try:
            return load(path, safe_mode=True)
        except Exception:  # noqa: BLE001 - a loss of the user's own may be all that is missing
            try:
                return load(path, safe_mode=True, compile=False)
            except Exception as error:
                raise ProbeError(_refusal(path, error)) from error

    return load_model


def _refusal(path: str, error: Exception) -> str:
    words = f"{path} could not be loaded: {described(error)}"
    saved, here = _saved_by(path), str(getattr(hooks.keras(), "__version__", "") or "2")
    if saved and saved.split(".")[0] != here.split(".")[0]:
        return f"{words}\nIt was saved by Keras {saved}: say --keras {saved.split('.')[0]}"
    text = str(error)
    if "safe_mode" in text or "unsafe" in text.lower():
        return (
            f"{words}\nThe file brings code along, as a Lambda layer does, and that is not run unasked: "
            "probe a function of your own that returns `load_model(…, safe_mode=False)`"
        )
    unknown = UNKNOWN.search(text)
    if unknown is not None:
        name = next(filter(None, unknown.groups()))
        return (
            f"{path} could not be loaded: Keras does not know `{name}`: have the file of "
            "--inputs register it (`register_keras_serializable`), or probe a function of your own that loads the model"
        )
    return words


def _saved_by(path: str) -> str:
    """The version of Keras that wrote a `.keras` file, if it says so."""
    try:
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read("metadata.json")).get("keras_version", ""))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return ""
