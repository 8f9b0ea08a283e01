"""What a finding is known by from one run to the next: the baseline, GitLab and SARIF ask for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradlint.diagnostics import Diagnostic


def fingerprinted(findings: Iterable[Diagnostic], identity: str, lines: Sequence[str]) -> list[Diagnostic]:
    """The same findings with fingerprints that survive every edit elsewhere in the file."""
    ordinals: dict[tuple[str, ...], int] = {}
    marked = []
    for finding in findings:
        row = finding.span.row
        text = lines[row - 1].strip() if 0 < row <= len(lines) and not finding.code.startswith("GRD9") else ""
        key = (finding.code, identity, finding.enclosing, text)
        ordinals[key] = ordinals.get(key, -1) + 1
        content = "\0".join((*key, str(ordinals[key]))).encode(errors="surrogatepass")
        marked.append(replace(finding, fingerprint=hashlib.sha256(content).hexdigest()[:32]))
    return marked
