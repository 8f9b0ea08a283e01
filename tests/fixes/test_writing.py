"""`--fix` on a stranger's disk: whatever a file is, it is written whole or stays what it was, and keeps what it is."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import subprocess
import sys
import time

import pytest

from gradlint import cli, mending
from tests.conftest import BROKEN, ROOT
from tests.fixes.test_command import FIXED

pytestmark = pytest.mark.static
OTHER = BROKEN.replace("mu", "nu")
OTHER_FIXED = FIXED.replace("mu", "nu")
DROP_FROM_BOUNDING_SET, OVERRIDES_MODES = 24, 1
"""`prctl` and the capability by which root writes whatever the modes say."""


def bound_by_modes():
    ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, OVERRIDES_MODES, 0, 0, 0)


def without_space():
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(BROKEN), len(BROKEN)))


def interruptible():
    """What runs in the background is started with interrupts ignored, and hands that on."""
    bound_by_modes()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def started(folder, *arguments, before=bound_by_modes):
    """`gradlint` begun in a folder, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "gradlint", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=before,
        start_new_session=True,
    )


def link(folder):
    (folder / "real").mkdir()
    (folder / "model.py").rename(folder / "real" / "model.py")
    (folder / "model.py").symlink_to("real/model.py")


def link_to_link(folder):
    link(folder)
    (folder / "again.py").symlink_to("model.py")


def link_to_outside(folder):
    outside = folder / "outside"
    outside.mkdir()
    (folder / "model.py").rename(outside / "model.txt")
    (folder / "model.py").symlink_to(outside / "model.txt")


def hard_link(folder):
    os.link(folder / "model.py", folder / "second.py")


def hard_link_elsewhere(folder):
    os.link(folder / "model.py", folder / "second.txt")


def owned_by_another(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(folder / "model.py", 1234, 5678)


def executable(folder):
    (folder / "model.py").chmod(0o755)


def hidden_from_others(folder):
    (folder / "model.py").chmod(0o600)


KEPT = [link, link_to_link, link_to_outside, hard_link, hard_link_elsewhere]
KEPT += [owned_by_another, executable, hidden_from_others]


def facts(folder):
    """For every name below a folder what it is, who owns it, and which names are one file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        same = sorted(one.name for one in folder.rglob("*") if not one.is_dir() and one.samefile(path))
        where = os.readlink(path) if path.is_symlink() else ""
        found[path] = (stat.filemode(status.st_mode), status.st_uid, status.st_gid, where, same)
    return found


@pytest.mark.parametrize("arrange", KEPT)
@pytest.mark.parametrize("named", [["."], ["model.py"], "each"])
def test_a_file_is_fixed_once_and_stays_what_it_is(tree, arrange, named):
    folder = tree({"model.py": BROKEN, "other.py": OTHER})
    arrange(folder)
    before = facts(folder)
    everything = sorted(path.name for path in folder.glob("*.py") if path.name != "other.py")
    process = started(folder, "--fix", *(everything if named == "each" else named), before=None)
    _, said = process.communicate()
    assert (folder / "model.py").read_text() == FIXED
    assert f"Fixed {'2 findings in 2 files' if named == ['.'] else '1 finding in 1 file'}." in said
    assert process.returncode == 0
    assert facts(folder) == before


def read_only(folder):
    (folder / "sub" / "model.py").chmod(0o444)


def of_read_only_folder(folder):
    (folder / "sub").chmod(0o555)


REFUSED = {
    "read-only file": (read_only, bound_by_modes, "it is read-only"),
    "read-only file, as root": (read_only, None, "it is read-only"),
    "read-only folder": (of_read_only_folder, bound_by_modes, "Permission denied"),
    "no space": (lambda folder: None, without_space, "File too large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_said_and_stays(tree, case):
    arrange, limit, reason = REFUSED[case]
    folder = tree({"sub/model.py": BROKEN, "a.py": OTHER, "z.py": OTHER})
    arrange(folder)
    before = facts(folder)
    process = started(folder, "--fix", ".", before=limit)
    _, said = process.communicate()
    (folder / "sub").chmod(0o755)
    assert f"sub/model.py: cannot be written: {reason}" in said
    assert process.returncode == 2
    assert (folder / "sub" / "model.py").read_text() == BROKEN
    assert {path: fact[1:] for path, fact in facts(folder).items()} == {p: fact[1:] for p, fact in before.items()}
    if case != "no space":
        assert "Fixed 2 findings in 2 files." in said
        assert (folder / "a.py").read_text() == (folder / "z.py").read_text() == OTHER_FIXED


def test_what_changed_meanwhile_is_left(tree, monkeypatch, capsys):
    folder = tree({"model.py": BROKEN, "other.py": OTHER})
    fix_paths = mending.fix_paths

    def slow(*arguments):
        found = fix_paths(*arguments)
        (folder / "model.py").write_text(BROKEN + "# edited\n")
        return found

    monkeypatch.setattr(mending, "fix_paths", slow)
    assert cli.main(["--fix", "."]) == 2
    assert "model.py: was changed while gradlint looked at it, and is left as it is" in capsys.readouterr().err
    assert (folder / "model.py").read_text() == BROKEN + "# edited\n"
    assert (folder / "other.py").read_text() == OTHER_FIXED
    assert sorted(os.listdir(folder)) == ["model.py", "other.py"]


def test_several_at_once_do_not_get_in_each_other_s_way(tree):
    folder = tree({f"model_{number}.py": BROKEN for number in range(6)})
    for process in [started(folder, "--fix", "--quiet", ".") for _ in range(3)]:
        output, said = process.communicate()
        assert process.returncode == 0, output + said
    assert {path.name: path.read_text() for path in folder.iterdir()} == {f"model_{n}.py": FIXED for n in range(6)}


def test_several_jobs_write_what_one_writes(tree):
    padding = "# " + "x" * 100 + "\n"
    folder = tree({f"model_{number}.py": BROKEN + padding * 1000 for number in range(5)})
    process = started(folder, "--fix", "--jobs", "2", ".")
    _, said = process.communicate()
    assert "Fixed 5 findings in 5 files." in said
    assert {path.read_text() for path in folder.iterdir()} == {FIXED + padding * 1000}


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.2])
def test_an_interrupt_leaves_whole_files(tree, seconds, jobs):
    padding = "# " + "x" * 100 + "\n"
    folder = tree({f"model_{number}.py": BROKEN + padding * 1000 for number in range(40)})
    process = started(folder, "--fix", "--jobs", jobs, ".", before=interruptible)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode in {130, -signal.SIGINT}, said
    assert len(list(folder.iterdir())) == 40
    assert {path.read_text().removesuffix(padding * 1000) for path in folder.iterdir()} <= {BROKEN, FIXED}
