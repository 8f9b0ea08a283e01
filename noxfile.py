"""The matrix: the oldest and the newest TensorFlow, and every Python without any."""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "static", "oldest", "newest"]
nox.options.default_venv_backend = "venv"


@nox.session
def lint(session: nox.Session) -> None:
    session.install(".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("gradlint", "check", ".")


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def static(session: nox.Session) -> None:
    """The static half needs no TensorFlow."""
    session.install(".[html]", "hypothesis", "import-linter", "numpy", "pre-commit", "pytest", "pytest-xdist", "pyyaml")
    session.run("pytest", "-q", "-n", "2", "-m", "static", "--ignore=tests/probe", *session.posargs)


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """TensorFlow 2.15, whose own Keras is Keras 2."""
    old = ["tensorflow==2.15.*", "keras==2.15.*", "tf-keras==2.15.*", "tensorflow-probability==0.23.*"]
    session.install(".[dev]", *old)
    session.run("python", "-m", "tests", *session.posargs)


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    session.install("--upgrade", ".[dev]")
    session.run("python", "-m", "tests", *session.posargs)


@nox.session
def hosts(session: nox.Session) -> None:
    """Sonnet and GPflow, whose modules the probe takes as well."""
    session.install(".[dev]", "dm-sonnet", "gpflow", "scipy")
    for legacy in ("1", "0"):
        session.run("pytest", "-q", "tests/test_hosts.py", *session.posargs, env={"TF_USE_LEGACY_KERAS": legacy})


@nox.session
def browser(session: nox.Session) -> None:
    """The web page in the machine's Chromium, or in Playwright's. `-- still` renews the README's still."""
    if session.posargs == ["still"]:
        session.install(".[html,probe]", "playwright")
        session.run("python", "-m", "tests.browser.still")
        return
    session.install(".[html]", "playwright", "pytest")
    session.run("python", "-m", "pytest", "-q", "tests/browser", *session.posargs)
