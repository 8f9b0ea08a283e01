"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from gradlint.errors import UsageError
from gradlint.files import replace_file

pytestmark = pytest.mark.static


def test_a_file_is_replaced_with_its_mode_and_nothing_is_left_over(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("old")
    path.chmod(0o640)
    replace_file(str(path), "new ü")
    assert path.read_text(encoding="utf-8") == "new ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["report.txt"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    (tmp_path / "a").write_text("old")
    write_and_die = "import os, sys; from gradlint import files; os.replace = lambda *_: os.kill(os.getpid(), 9); "
    command = [sys.executable, "-c", write_and_die + "files.replace_file(sys.argv[1], 'new')", str(tmp_path / "a")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    (abandoned,) = set(tmp_path.iterdir()) - {tmp_path / "a"}
    replace_file(str(tmp_path / "a"), "newer")
    assert abandoned.exists()  # it may be that of a process which still runs
    long_ago = abandoned.stat().st_mtime - 3600
    os.utime(abandoned, (long_ago, long_ago))
    replace_file(str(tmp_path / "a"), "newest")
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "newest"


def test_a_new_file_has_the_usual_mode(tmp_path):
    mask = os.umask(0o027)
    try:
        replace_file(str(tmp_path / "a"), "")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_link_goes_on_pointing(tmp_path):
    (tmp_path / "real").write_text("old")
    os.symlink("real", tmp_path / "link")
    replace_file(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_the_old_file_stays_if_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")

    def failing(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        replace_file(str(path), "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_device_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    replace_file(str(tmp_path / "pipe"), "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
