"""A weight's journey as shapes: a line from the weight to the loss, and how far the gradient comes back on it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from gradlint.diagnostics import Diagnostic
from gradlint.run import Role, Stop

STEP, LEFT, LINE = 132, 56, 30
"""How far stops are apart, where the first one is, and how high the line is."""
NEVER_USED = "GRD301"
FROZEN = "frozen"
WORDS = {
    Role.CREATED: "created",
    Role.READ: "read",
    Role.CUT: "cut",
    Role.KEPT: "kept",
    Role.USED: "used",
}


@dataclass(frozen=True)
class Node:
    """A point on the line. `shape` is `weight`, `stop`, `cut` or `loss`."""

    x: int
    shape: str
    label: str
    place: str = ""


@dataclass(frozen=True)
class Segment:
    """A piece of the line: does a gradient come back on it?"""

    start: int
    end: int
    live: bool


@dataclass(frozen=True)
class Drawing:
    """What an SVG of a journey holds, and its words for those who do not see it."""

    width: int
    nodes: tuple[Node, ...]
    segments: tuple[Segment, ...]
    words: str


def drawing_of(diagnostic: Diagnostic) -> Drawing | None:
    """The journey of a finding; None for a finding that is about no weight."""
    stops = in_order(diagnostic.stops)
    if not stops:
        return None
    lost = cut_of(diagnostic)
    nodes = [
        Node(LEFT + index * STEP, *_look(stop, stop is lost), f"line {stop.span.row}")
        for index, stop in enumerate(stops)
    ]
    if nodes[0].shape != "weight":
        nodes.insert(0, Node(LEFT, "weight", "weight"))
        nodes[1:] = [Node(node.x + STEP, node.shape, node.label, node.place) for node in nodes[1:]]
    nodes.append(Node(nodes[-1].x + STEP, "loss", "loss"))
    cut = next((index for index, node in enumerate(nodes) if node.shape == "cut"), None)
    if cut is None and diagnostic.code == NEVER_USED:
        cut = len(nodes) - 1
    segments = tuple(
        Segment(left.x, right.x, live=cut is None or index >= cut)
        for index, (left, right) in enumerate(pairwise(nodes))
    )
    return Drawing(nodes[-1].x + LEFT, tuple(nodes), segments, _words(nodes, cut))


def in_order(stops: tuple[Stop, ...]) -> list[Stop]:
    """The stops from the weight to the loss, one for each role and place."""
    return list({(stop.role, stop.span): stop for stop in stops}.values())


def cut_of(diagnostic: Diagnostic) -> Stop | None:
    """Where the gradient ends: the stop that says so, or the one at the finding's place, where a weight was frozen."""
    stops = in_order(diagnostic.stops)
    own = [stop for stop in stops if stop.role in (Role.CUT, Role.READ)]
    at_place = [stop for stop in own if stop.span == diagnostic.span]
    return next((stop for stop in own if stop.role is Role.CUT), at_place[0] if at_place else None)


def title_of(stop: Stop, is_cut: bool) -> str:
    """The word for a stop."""
    return FROZEN if is_cut and stop.role is Role.READ else WORDS[stop.role]


def _look(stop: Stop, is_cut: bool) -> tuple[str, str]:
    shape = "cut" if is_cut else "weight" if stop.role is Role.CREATED else "stop"
    return shape, title_of(stop, is_cut)


def _words(nodes: list[Node], cut: int | None) -> str:
    way = ", ".join(f"{node.label} ({node.place})" if node.place else node.label for node in nodes)
    if cut is None:
        return f"The way from the weight to the loss: {way}."
    if cut == len(nodes) - 1:
        return f"From the weight no way leads to the loss: {way}."
    end = f"At {nodes[cut].place} it is {nodes[cut].label}: the gradient comes back from the loss as far as that only."
    return f"The way from the weight to the loss: {way}. {end}"
