"""Which files are checked, and how their bytes become text."""

from __future__ import annotations

import os
import subprocess

import pytest

from gradlint.config import Configs
from gradlint.errors import UsageError
from gradlint.sources import Finder, decode, lines_of

pytestmark = pytest.mark.static


def names(*paths: str, **options: object) -> list[str]:
    return [source.path for source in Finder(Configs().of, **options).find(paths or ["."]).sources]


def test_python_files_and_notebooks_below_a_folder(tree):
    tree({"a.py": "", "b.txt": "", "p/c.py": "", "p/d.pyw": "", "p/e.ipynb": "{}", "p/f.pyi": "", "p/g.pyc": ""})
    assert names() == ["a.py", "p/c.py", "p/d.pyw", "p/e.ipynb"]
    assert names("p") == ["p/c.py", "p/d.pyw", "p/e.ipynb"]


def test_a_path_outside_the_working_folder_is_shown_as_it_was_named(tree, monkeypatch):
    folder = tree({"a/x.py": "", "b/y.py": ""})
    monkeypatch.chdir(folder / "a")
    assert names("../b") == ["../b/y.py"]
    assert names(str(folder / "b")) == [str(folder / "b" / "y.py")]
    assert names(str(folder / "a")) == ["x.py"]


def test_what_is_usually_left_out(tree):
    left_out = [".hidden", ".venv", "__pycache__", "build", "dist", "node_modules", "site-packages", "venv", ".git"]
    tree({"a.py": "", **{f"{folder}/x.py": "" for folder in left_out}})
    assert names() == ["a.py"]


def test_virtual_environments_are_known_by_their_config(tree):
    tree({"a.py": "", "my env/pyvenv.cfg": "", "my env/lib/x.py": ""})
    assert names() == ["a.py"]


@pytest.mark.parametrize("folder", [".venv/lib/site-packages", ".venv", "build", ".hidden"])
def test_what_is_named_is_checked(tree, folder):
    tree({".venv/pyvenv.cfg": "", ".gitignore": ".*\nbuild/\n", ".git/HEAD": "", f"{folder}/tfp/x.py": ""})
    assert names() == []
    assert names(folder) == [f"{folder}/tfp/x.py"]
    assert names(f"{folder}/tfp/x.py") == [f"{folder}/tfp/x.py"]
    assert names(f"{folder}/tfp", force_exclude=True) == []


def test_a_named_file_needs_no_suffix(tree):
    tree({"script": "", "notes.txt": ""})
    assert names("script", "notes.txt") == ["notes.txt", "script"]


def test_a_missing_path(tree):
    tree({"a.py": ""})
    os.symlink("nowhere", "broken.py")
    for path in ("missing", "broken.py"):
        with pytest.raises(UsageError, match="there is no such file or folder"):
            names(path)
    assert names() == ["a.py"]


def test_gitignore_as_git_would(tree):
    files = {
        ".gitignore": "*.gen.py\n/top.py\nout/\n!kept.gen.py\n# comment\n",
        ".git/info/exclude": "private.py\n",
        "sub/.gitignore": "local.py\n!again.gen.py\n/deep/*\n!/deep/wanted.py\n",
        "out/.gitignore": "!x.py\n",
    }
    checked = ["a.py", "kept.gen.py", "sub/again.gen.py", "sub/deep/wanted.py", "sub/top.py"]
    ignored = ["x.gen.py", "top.py", "out/x.py", "sub/local.py", "sub/y.gen.py", "sub/deep/z.py", "sub/private.py"]
    tree({**files, ".git/HEAD": "", **dict.fromkeys([*checked, *ignored], "")})
    assert names() == checked
    assert names("sub") == [name for name in checked if name.startswith("sub/")]
    assert names("sub/local.py", "top.py") == ["sub/local.py", "top.py"]
    assert names("sub/local.py", "top.py", "a.py", force_exclude=True) == ["a.py"]


def test_gitignore_agrees_with_git_itself(tree):
    patterns = ["a/", "/b", "c/d", "**/e.py", "f/**", "g*.py", "!g1.py", "[hi].py", "j?.py", "k/*/l.py", "\\!m.py"]
    files = [
        "a/x.py",
        "q/a/x.py",
        "b/x.py",
        "q/b/x.py",
        "c/d/x.py",
        "q/c/d/x.py",
        "q/e.py",
        "e.py",
        "f/q/x.py",
        "g1.py",
    ]
    files += ["g2.py", "h.py", "i.py", "n.py", "jj.py", "jjj.py", "k/1/l.py", "k/1/2/l.py", "!m.py", "m.py"]
    tree({".gitignore": "\n".join(patterns) + "\n", **dict.fromkeys(files, "")})
    subprocess.run(["git", "init", "-q"], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-o", "--exclude-standard", "*.py"], check=True, capture_output=True, text=True
    )
    assert names() == sorted(listed.stdout.split())


def test_gitignore_stops_at_the_root_of_a_repository(tree, monkeypatch):
    folder = tree({".gitignore": "x.py\n", "inner/.git/HEAD": "", "inner/x.py": "", "x.py": ""})
    assert names() == ["inner/x.py"]
    monkeypatch.chdir(folder / "inner")
    assert names() == ["x.py"]


def test_exclude_and_extend_exclude(tree):
    tree({"a.py": "", "old/b.py": "", "build/c.py": "", "old/new/d.py": ""})
    assert names(exclude=("old",)) == ["a.py", "build/c.py"]
    assert names(extend_exclude=("old",)) == ["a.py"]
    assert names(extend_exclude=("old/*.py",)) == ["a.py", "old/new/d.py"]
    assert names(extend_exclude=(os.path.abspath("old/new"),)) == ["a.py", "old/b.py"]
    assert names("old/b.py", extend_exclude=("old",)) == ["old/b.py"]
    assert names("old/b.py", "a.py", extend_exclude=("old",), force_exclude=True) == ["a.py"]


def test_excludes_of_the_config_are_relative_to_its_folder(tree, monkeypatch):
    folder = tree({"gradlint.toml": 'extend-exclude = ["p/old"]\n', "p/old/a.py": "", "p/new/old/b.py": ""})
    assert names() == ["p/new/old/b.py"]
    monkeypatch.chdir(folder / "p")
    assert names() == ["new/old/b.py"]


def test_excludes_that_mean_a_named_folder_do_not_apply_below_it(tree):
    tree({"gradlint.toml": 'extend-exclude = ["old", "*_skip.py"]\n', "old/a.py": "", "old/b_skip.py": "", "c.py": ""})
    assert names() == ["c.py"]
    assert names("old") == ["old/a.py"]
    assert names("old", force_exclude=True) == []


def test_a_project_may_lie_in_a_hidden_folder(tree, monkeypatch):
    folder = tree({".work/project/a.py": "", ".work/project/.venv/b.py": "", ".work/repository/.git/HEAD": ""})
    outside = tree({".work/repository/c.py": ""}) / ".work" / "repository" / "c.py"
    monkeypatch.chdir(folder / ".work" / "project")
    assert names("a.py", ".venv/b.py", force_exclude=True) == ["a.py"]
    assert names(str(outside), force_exclude=True) == [str(outside)]


def test_symlink_loops_are_survived(tree):
    folder = tree({"p/a.py": ""})
    os.symlink(folder, folder / "p" / "loop")
    os.symlink("self.py", folder / "p" / "self.py")
    assert names() == ["p/a.py"]


def test_a_link_to_a_file_is_checked_unless_the_file_is(tree):
    folder = tree({"p/a.py": "", "elsewhere/b.py": ""})
    os.symlink(folder / "p" / "a.py", folder / "p" / "again.py")
    os.symlink(folder / "elsewhere" / "b.py", folder / "p" / "b.py")
    assert names("p") == ["p/a.py", "p/b.py"]


def test_a_named_link_to_a_folder_is_entered(tree):
    folder = tree({"p/a.py": ""})
    os.symlink(folder / "p", folder / "link")
    assert names("link") == ["link/a.py"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        ("#!/bin/x\n# vim: set fileencoding=cp1251 :\nx = 'ж'\n".encode("cp1251"), None),
        ("x = 'ж'\n".encode(), "x = 'ж'\n"),
    ],
)
def test_encodings(data, text):
    assert decode(data) == (text if text is not None else data.decode("cp1251"))


def test_lines_are_counted_as_python_counts_them():
    assert lines_of("a\n\x0cb\x1cc\u2028d\ne") == ["a", "\x0cb\x1cc\u2028d", "e"]
