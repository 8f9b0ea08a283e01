"""How often each code was found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from gradlint.diagnostics import Diagnostic


def report(diagnostics: Sequence[Diagnostic], output_format: str) -> str:
    """A table, the most frequent code first; an array of objects for JSON."""
    counted = Counter((diagnostic.code, diagnostic.name) for diagnostic in diagnostics)
    rows = sorted(counted.items(), key=lambda row: (-row[1], row[0]))
    if output_format == "json":
        return json.dumps([{"code": code, "name": name, "count": n} for (code, name), n in rows], indent=2) + "\n"
    width = max((len(str(count)) for count in counted.values()), default=0)
    return "".join(f"{count:>{width}}  {code}  {name}\n" for (code, name), count in rows)
