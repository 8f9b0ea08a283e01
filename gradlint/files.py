"""How files are named to people, and writing them so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

from gradlint.errors import UsageError


def shown(path: str) -> str:
    """How a named path is shown: relative to the working folder if it lies below it, else as it was named."""
    here = os.getcwd()
    absolute = os.path.abspath(path)
    if absolute == here:
        return os.curdir
    return absolute[len(here) + 1 :] if absolute.startswith(here + os.sep) else os.path.normpath(path)


def replace_file(path: str, text: str) -> None:
    """Write `text` as UTF-8 to `path`: a new file takes the old one's place. Devices and pipes are written to.

    Raises:
        UsageError: it cannot be written.
    """
    replace_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def replace_bytes(path: str, data: bytes) -> None:
    """Write bytes to `path`: a new file with the old one's mode takes its place.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        mode = os.stat(path).st_mode if os.path.exists(path) else None
        if mode is not None and not stat.S_ISREG(mode):
            with open(path, "wb") as file:
                file.write(data)
            return
        target = os.path.realpath(path)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".gradlint-")
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.chmod(temporary, stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
