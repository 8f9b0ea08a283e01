"""The table of all weights, by layer, the worst first."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Sequence

from gradlint.probe import report as states
from gradlint.probe.report import ProbedVariable, ProbeReport

_WORST_FIRST = (states.NONE, states.NONFINITE, states.ZERO, states.OK, states.NOT_TRAINED)
_COLOURS = {
    states.NONE: "bold red",
    states.NONFINITE: "bold red",
    states.ZERO: "yellow",
    states.OK: "green",
    states.NOT_TRAINED: "dim",
}


def table(report: ProbeReport, *, color: bool) -> str:
    """All variables of a report, drawn as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("layer", "weight", "shape", "gradient", "norm", ""):
        drawn.add_column(heading, justify="right" if heading == "norm" else "left", overflow="fold")
    for layer, members in by_layer(report):
        for position, each in enumerate(members):
            drawn.add_row(
                Text(layer if position == 0 else ""),
                Text(each.path[len(layer) :].lstrip(".") or each.path),
                Text(str(list(each.shape))),
                Text(each.gradient.replace("_", " "), style=_COLOURS[each.gradient]),
                Text("" if each.norm is None else f"{each.norm:.3g}"),
                Text(remark(each, untracked=each in report.untracked)),
            )
    text = io.StringIO()
    width = max(80, shutil.get_terminal_size((120, 24)).columns)
    console = Console(file=text, width=width, force_terminal=color, no_color=not color, highlight=False)
    console.print(drawn)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def remark(variable: ProbedVariable, *, untracked: bool, code: bool = True) -> str:
    """What else there is to say of a variable."""
    words = []
    if code and variable.diagnostic is not None:
        words.append(variable.diagnostic.code)
    if variable.slopes is not None and variable.slopes.differ:
        words.append(f"{variable.slopes.tape:.3g} where the loss has {variable.slopes.loss:.3g}")
    if variable.alone and variable.alone != variable.gradient and states.NONE in (variable.alone, variable.gradient):
        words.append(f"alone: {variable.alone}")
    if untracked:
        words.append("not listed")
    if variable.accepted:
        words.append(f"accepted: {variable.reason}" if variable.reason else "accepted")
    elif variable.reason:
        words.append(variable.reason)
    return ", ".join(words)


def by_layer(report: ProbeReport, *, worst_first: bool = True) -> Iterable[tuple[str, Sequence[ProbedVariable]]]:
    """The variables of each layer; the order is that of the model, or by what is wrong with them."""
    layers: dict[str, list[ProbedVariable]] = {}
    for each in (*report.variables, *report.untracked):
        layers.setdefault(each.path.rpartition(".")[0] or each.path, []).append(each)
    if not worst_first:
        return list(layers.items())
    for members in layers.values():
        members.sort(key=_badness)
    return sorted(layers.items(), key=lambda item: _badness(item[1][0]))


def _badness(variable: ProbedVariable) -> int:
    return _WORST_FIRST.index(variable.gradient)
