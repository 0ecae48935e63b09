"""Where things stand on the map, and the lines between: lanes from door to door, freight from region to region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from optimizer.pages.network.geography import Point, on_paper
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SAME = 0.05
"""Degrees within which two facilities are at one place."""
LEAST = 0.005
"""Tonnes of a line that is drawn."""
LAYERS = ("hub", "users", "owed")
"""What stands for a region in the table of flows."""

Line = tuple[int, int, str, float]
"""From and to (numbers of places), material, tonnes."""


@dataclass(slots=True)
class Places:
    """Where things stand.

    Attributes:
        points: on the map.
        names: of the places that are no facility's: regions, markets, stockpiles.
        facilities: by place.
        of: name in the table of flows -> number of the place.
        without: facilities that have no place.
    """

    points: list[Point] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    facilities: list[list[str]] = field(default_factory=list)
    of: dict[str, int] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)

    def add(self, location: tuple[float, float], name: str = "") -> int:
        """A new place."""
        self.points.append(on_paper(*location))
        self.names.append(name)
        self.facilities.append([])
        return len(self.points) - 1


def places_of(plan: Plan) -> Places:
    """Every place of an instance. A region stands in the middle of its facilities; one that has none has no place."""
    instance = plan.instance
    made = Places()
    at: dict[tuple[int, int], int] = {}
    for name, facility in instance.facilities.items():
        if facility.location is None:
            made.without.append(name)
            continue
        lat, lon = facility.location
        key = (round(lat / SAME), round(lon / SAME))
        if key not in at:
            at[key] = made.add((lat, lon))
        made.of[name] = at[key]
        made.facilities[at[key]].append(name)
    for name, countries in (instance.logistics.regions or {}).items():
        here = [f.location for f in instance.facilities.values() if f.location and f.country in countries]
        if here:
            made.of[name] = made.add(_middle(here), f"{name.replace('_', ' ').title()} (region)")
    for kind in (instance.markets, instance.stockpiles):
        for name, one in kind.items():
            if one.location is not None:
                made.of[name] = made.add(one.location, one.name or name)
    return made


def _middle(many: Iterable[tuple[float, float]]) -> tuple[float, float]:
    lats, lons = zip(*many, strict=True)
    return sum(lats) / len(lats), sum(lons) / len(lons)


def lines_of(plan: Plan, places: Places) -> tuple[dict[tuple[str, int], list[Line]], float]:
    """The lines of each course and period, and the tonnes that have no line since an end has no place.

    What moves within a region is no line.
    """
    found: dict[tuple[str, int], dict[tuple[int, int, str], float]] = {}
    lost = 0.0
    for row in plan.flows.itertuples(index=False, name=None):
        course, period, _, begin, end, material, _, tonnes, *_ = row
        ends = [_end(str(name)) for name in (begin, end)]
        if ends[0] == ends[1]:
            continue
        start, stop = (places.of.get(name) for name in ends)
        if start is None or stop is None:
            lost += float(tonnes)
        elif start != stop:
            mine = found.setdefault((str(course), int(period)), {})
            mine[start, stop, str(material)] = mine.get((start, stop, str(material)), 0.0) + float(tonnes)
    made = {
        key: [(begin, end, material, tonnes) for (begin, end, material), tonnes in lines.items() if tonnes > LEAST]
        for key, lines in found.items()
    }
    return made, lost


def _end(name: str) -> str:
    """What stands for an end of a flow: `hub:europe`, `users:europe` and `owed:europe>japan` are in europe."""
    kind, _, rest = name.partition(":")
    return rest.split(">")[0] if rest and kind in LAYERS else name


def used_of(plan: Plan) -> dict[tuple[str, int], list[tuple[str, str, float, float]]]:
    """Facility, unit, capacity used and capacity, in t of the period, by course and period."""
    made: dict[tuple[str, int], list[tuple[str, str, float, float]]] = {}
    for row in rows_of(plan.capacity):
        if row.capacity > LEAST:
            mine = made.setdefault((row.scenario, int(row.period)), [])
            mine.append((row.facility, row.unit, float(row.used), float(row.capacity)))
    return made
