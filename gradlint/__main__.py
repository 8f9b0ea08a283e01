"""`python -m gradlint`, and the console script."""

from __future__ import annotations

import sys


def run() -> int:
    """Start the command line and give its exit code back."""
    from gradlint.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
