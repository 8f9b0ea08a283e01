"""`python -m tests`: the whole test suite, once with Keras 2 and, for tests that run TensorFlow, once with Keras 3.

Which Keras TensorFlow uses is settled when it is imported, so each gets a process of its own. Arguments go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

WORKERS = 2
NO_TESTS_COLLECTED = 5


def main(arguments: list[str]) -> int:
    """Run both passes and return the worse exit code."""
    passes = [("Keras 2", "1", [])]
    if has_keras_3():
        passes.append(("Keras 3", "0", ["-m", "not static"]))
    codes = []
    for name, legacy, selected in passes:
        print(f"== {name} ==", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), *selected, *arguments]
        code = subprocess.run(command, check=False, env={**os.environ, "TF_USE_LEGACY_KERAS": legacy}).returncode
        codes.append(0 if code == NO_TESTS_COLLECTED and selected else code)
    print("all green" if not any(codes) else "NOT green", flush=True)
    return max(codes)


def has_keras_3() -> bool:
    """Whether the installed TensorFlow knows Keras 3 (from 2.16 on)."""
    try:
        return tuple(int(part) for part in version("tensorflow").split(".")[:2]) >= (2, 16)
    except PackageNotFoundError:
        return False


sys.exit(main(sys.argv[1:]))
