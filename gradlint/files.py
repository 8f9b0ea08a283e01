"""How files are named to people, and writing them so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import tempfile
import time

from gradlint.errors import UsageError

TEMPORARY = ".gradlint-"
"""How the names of new files begin until they take an old one's place."""
ABANDONED_AFTER = 600
"""Seconds after which nobody is writing such a file any more."""
ANYONE_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


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
    data = text.encode("utf-8", errors="backslashreplace")
    try:
        about = os.stat(path) if os.path.exists(path) else None
        is_file = about is None or stat.S_ISREG(about.st_mode)
        if not (is_file and _replace(os.path.realpath(path), data, about)):
            with open(path, "wb") as file:
                file.write(data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {_words_of(error)}") from None


def exchange_bytes(path: str, before: bytes, after: bytes) -> None:
    """Write to a file what has become of its bytes; links lead to it as before, and other names of it see the same.

    Raises:
        UsageError: it cannot be written, or holds something else by now; it is what it was.
    """
    target = os.path.realpath(path)
    try:
        about = os.stat(target)
        if not about.st_mode & ANYONE_WRITES or not os.access(target, os.W_OK):
            raise UsageError("cannot be written: it is read-only")
        with open(target, "rb") as file:
            now = file.read()
        if now not in {before, after}:
            raise UsageError("was changed while gradlint looked at it, and is left as it is")
        if now == before and not (about.st_nlink == 1 and _replace(target, after, about)):
            _overwrite(target, before, after)
    except OSError as error:
        raise UsageError(f"cannot be written: {_words_of(error)}") from None


def _words_of(error: OSError) -> str:
    return error.strerror or str(error)


def _replace(target: str, data: bytes, about: os.stat_result | None) -> bool:
    """Put a new file in the place of one that `about` tells about; not if it would belong to somebody else."""
    _remove_abandoned(os.path.dirname(target))
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=TEMPORARY)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        is_alike = _is_alike(temporary, target, about)
        if is_alike:
            os.replace(temporary, target)
        else:
            os.unlink(temporary)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return is_alike


def _remove_abandoned(folder: str) -> None:
    """Remove new files of ours that never took an old one's place, because their process was killed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY) and entry.is_file(follow_symlinks=False):
                # Another process may be as quick, and the file another user's.
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > ABANDONED_AFTER:
                        os.unlink(entry.path)


def _is_alike(temporary: str, target: str, about: os.stat_result | None) -> bool:
    """Give a new file the owner, the mode and the access list of another; whether that can be done."""
    if about is None:
        os.chmod(temporary, 0o666 & ~_umask())
        return True
    made = os.stat(temporary)
    if (made.st_uid, made.st_gid) != (about.st_uid, about.st_gid):
        try:
            os.chown(temporary, about.st_uid, about.st_gid)
        except PermissionError:
            return False
    shutil.copystat(target, temporary)
    os.utime(temporary)
    return True


def _overwrite(target: str, before: bytes, after: bytes) -> None:
    """Write into a file itself, once there is room for all of it."""
    with open(target, "r+b", buffering=0) as file:
        try:
            file.seek(len(before))
            _write(file, b"\n" * (len(after) - len(before)))
            file.seek(0)
            _write(file, after)
            file.truncate(len(after))
        except BaseException:
            file.seek(0)
            _write(file, before)
            file.truncate(len(before))
            raise
        os.fsync(file.fileno())


def _write(file: io.FileIO, data: bytes) -> None:
    """Write all of it: an unbuffered file may take less at once."""
    while data:
        data = data[file.write(data) :]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
