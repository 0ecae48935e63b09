"""Which freight between hubs can be of use: what lies on a simple way from an origin to where a material is drawn.

Freight costs nothing or more, so a way that passes a hub twice is never better than one that does not: leaving such
movements out loses no plan worth having, and many columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from optimizer.network.places import Cell, Places

Edge = tuple[str, str]


def needed_freight(places: Places, drawn: Iterable[Cell]) -> set[tuple[int, str, str]]:
    """(arc, material, channel) of freight between hubs that can be of use.

    Args:
        places: the network.
        drawn: cells from which something is used, delivered, stored or sold.
    """
    ends: dict[tuple[str, str], set[str]] = defaultdict(set)
    origins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, material, channel in drawn:
        ends[material, channel].add(place)
    # What is claimed is put apart at its facility; what is left goes to the facility's hub.
    home = {arc.start: arc.end for arc in places.arcs if arc.link == "hub" and not arc.start.startswith("hub:")}
    for place, material, channel in places.origins:
        origins[material, channel].add(home.get(place, place))
    arcs = [
        (number, arc)
        for number, arc in enumerate(places.arcs)
        if arc.link.startswith("freight:") and arc.start.startswith("hub:") and arc.end.startswith("hub:")
    ]
    known: dict[frozenset[Edge], _Ways] = places.known.setdefault("ways", {})
    found: set[tuple[int, str, str]] = set()
    for (material, channel), goals in ends.items():
        carrying = [(number, arc) for number, arc in arcs if places.carries(arc, material, channel)]
        edges = frozenset((arc.start, arc.end) for _, arc in carrying)
        if edges not in known:
            known[edges] = _Ways(edges)
        ways = known[edges]
        needed = ways.needed(frozenset(origins[material, channel]), frozenset(goals))
        found.update((number, material, channel) for number, arc in carrying if (arc.start, arc.end) in needed)
    return found


class _Ways:
    """Reachability in a graph of hubs, with one hub left out."""

    def __init__(self, edges: frozenset[Edge]) -> None:
        self.edges = edges
        self.after: dict[str, list[str]] = defaultdict(list)
        self.before: dict[str, list[str]] = defaultdict(list)
        for start, end in edges:
            self.after[start].append(end)
            self.before[end].append(start)
        self._memory: dict[tuple[frozenset[str], frozenset[str]], set[Edge]] = {}

    def needed(self, origins: frozenset[str], goals: frozenset[str]) -> set[Edge]:
        """Edges a -> b with a way from an origin to a that avoids b, and from b to another goal that avoids a."""
        key = (origins, goals)
        if key not in self._memory:
            self._memory[key] = {edge for edge in self.edges if self._serves(*edge, origins, goals)}
        return self._memory[key]

    def _serves(self, start: str, end: str, origins: frozenset[str], goals: frozenset[str]) -> bool:
        sources = _walk(self.before, start, end) & origins
        targets = _walk(self.after, end, start) & goals
        return any(source != target for source in sources for target in targets)


def _walk(steps: Mapping[str, list[str]], start: str, avoid: str) -> set[str]:
    seen, frontier = {start}, [start]
    while frontier:
        for step in steps.get(frontier.pop(), ()):
            if step != avoid and step not in seen:
                seen.add(step)
                frontier.append(step)
    return seen
