"""What git would leave out below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradlint.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE = ".gitignore"


@dataclass(frozen=True)
class Layer:
    """The patterns of one `.gitignore`, relative to `folder`."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True for left out, False for put back in, None if no pattern fits."""
        return self.spec.check_file(relative(path, self.folder) + ("/" if is_folder else "")).include


Layers = tuple[Layer, ...]


def leaves_out(layers: Layers, path: str, is_folder: bool) -> bool:
    """What the deepest layer that has an opinion says."""
    for layer in reversed(layers):
        verdict = layer.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def layer_of(folder: str, lines: Iterable[str]) -> Layer:
    """The patterns of `lines`, relative to `folder`."""
    from pathspec import GitIgnoreSpec

    return Layer(folder, GitIgnoreSpec.from_lines(lines))


def read_layer(folder: str, path: str) -> Layers:
    """The layer of one file of patterns, or none where there is no such file.

    Raises:
        UsageError: it is there and cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return (layer_of(folder, file.read().splitlines()),)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None


def layers_above(folder: str) -> Layers:
    """What the folders above a named folder, up to the root of its repository, leave out below it.

    A pattern that leaves out the named folder itself is dropped: whoever names it wants it checked.
    """
    above = []
    current = folder
    while not os.path.exists(os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return ()
        current = parent
        above.append(current)
    layers = read_layer(current, os.path.join(current, ".git", "info", "exclude"))
    for ancestor in reversed(above):
        layers += read_layer(ancestor, os.path.join(ancestor, FILE))
    return without_patterns_on(layers, folder)


def without_patterns_on(layers: Layers, folder: str) -> Layers:
    """The same layers, less the patterns that leave out a named folder itself, and with it all that is below."""
    return tuple(_without_patterns_on(layer, folder) for layer in layers)


def _without_patterns_on(layer: Layer, folder: str) -> Layer:
    from pathspec import GitIgnoreSpec

    if layer.folder == folder:
        return layer
    path = relative(folder, layer.folder) + "/"
    kept = [pattern for pattern in layer.spec.patterns if not (pattern.include and pattern.match_file(path))]
    return Layer(layer.folder, GitIgnoreSpec(kept))


def relative(path: str, folder: str) -> str:
    """`path` below `folder`, with slashes; without its root where it lies elsewhere."""
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    below = path[len(prefix) :] if path.startswith(prefix) else os.path.splitdrive(path)[1].lstrip("/\\")
    return below if os.sep == "/" else below.replace(os.sep, "/")
