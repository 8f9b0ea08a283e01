"""`--fix` and `--diff`: the files with their fixes are written, or shown beside what they are."""

from __future__ import annotations

import difflib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradlint.check import Options, fix_paths, fix_text
from gradlint.errors import UsageError
from gradlint.files import exchange_bytes
from gradlint.following import FixedFile
from gradlint.reports.summary import counted
from gradlint.sources import NOTEBOOK, decode_exactly
from gradlint.static import forget_files


@dataclass(frozen=True)
class Mended:
    """What fixes came to. `data` is the fixed standard input, if it was that."""

    files: tuple[FixedFile, ...]
    data: bytes | None = None

    @property
    def diff(self) -> str:
        """What changes, as a unified diff."""
        return "".join(_diff(file) for file in self.files if file.before != file.after)

    @property
    def failed(self) -> bool:
        """Whether some file could not be fixed, or not be written."""
        return any(file.failure for file in self.files)

    @property
    def did(self) -> str:
        """A sentence about what was done."""
        return self._words("Fixed", "Nothing to fix.")

    @property
    def would(self) -> str:
        """A sentence about what could be done."""
        return self._words("Would fix", "Nothing to fix.")

    def _words(self, verb: str, nothing: str) -> str:
        healed = sum(len(file.healed) for file in self.files)
        changed = sum(file.before != file.after for file in self.files)
        said = f"{verb} {counted(healed, 'finding')} in {counted(changed, 'file')}." if healed else nothing
        lines = [said]
        for file in self.files:
            if file.failure:
                lines.append(f"{file.source.path}: {file.failure}")
            for one in file.withdrawn:
                place = f"{one.filename}:{one.span.row}:{one.span.column}"
                lines.append(f"{place}: {one.code} was left: no change that was tried brings the gradient back")
        return "\n".join(lines)


def mend(paths: Sequence[str], data: bytes | None, name: str, options: Options, *, unsafe: bool, write: bool) -> Mended:
    """Fix files, or the bytes of standard input, called `name`.

    Raises:
        UsageError: a path does not exist, a config is wrong.
    """
    if data is not None:
        file = fix_text(data, name, options, unsafe)
        return Mended((file,), file.after)
    files = tuple(fix_paths(paths, options, unsafe))
    if write:
        files = tuple(_on_disk(file) for file in files)
        forget_files()
    return Mended(files)


def _on_disk(file: FixedFile) -> FixedFile:
    """A file with its fixes on the disk, or as it was, with the reason."""
    if file.before == file.after:
        return file
    try:
        exchange_bytes(file.source.absolute, file.before, file.after)
    except UsageError as error:
        return replace(file, after=file.before, healed=(), failure=str(error))
    return file


def _diff(file: FixedFile) -> str:
    path = file.source.path.replace(os.sep, "/")
    before, after = (_lines(data, path.endswith(NOTEBOOK)) for data in (file.before, file.after))
    lines = difflib.unified_diff(before, after, path, path)
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes, is_notebook: bool) -> list[str]:
    """The lines as what applies a diff knows them: a byte order mark and carriage returns are part of them."""
    encoding = "utf-8" if is_notebook else decode_exactly(data)[0]
    return io.StringIO(data.decode(encoding.removesuffix("-sig")), newline="\n").readlines()
