"""Outlines of countries, and where a place of the globe is on paper."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources

WIDTH = 1000.0
"""Of the map, in its own units."""
NORTH, SOUTH = 80.0, -57.0
"""Latitudes at its upper and lower edge."""
TENTHS = 10.0
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796

Point = tuple[float, float]


def _raw(lat: float, lon: float) -> Point:
    """Equal Earth (Savric, Patterson and Jenny 2018, International Journal of Geographical Information Science)."""
    t = math.asin(math.sqrt(3.0) / 2.0 * math.sin(math.radians(lat)))
    slope = 9 * _A4 * t**8 + 7 * _A3 * t**6 + 3 * _A2 * t**2 + _A1
    x = 2.0 * math.sqrt(3.0) * math.radians(lon) * math.cos(t) / (3.0 * slope)
    return x, _A4 * t**9 + _A3 * t**7 + _A2 * t**3 + _A1 * t


_EAST = _raw(0.0, 180.0)[0]
_TOP, _BOTTOM = _raw(NORTH, 0.0)[1], _raw(SOUTH, 0.0)[1]
HEIGHT = WIDTH * (_TOP - _BOTTOM) / (2.0 * _EAST)
"""Of the map, in the same units: areas are true."""


def on_paper(lat: float, lon: float) -> Point:
    """Where a place is on the map.

    Args:
        lat: latitude, degrees.
        lon: longitude, degrees.

    Returns:
        From the left and from above, in units of which the map is `WIDTH` wide and `HEIGHT` high.
    """
    x, y = _raw(lat, lon)
    return WIDTH * (x + _EAST) / (2.0 * _EAST), HEIGHT * (_TOP - y) / (_TOP - _BOTTOM)


@cache
def rings() -> tuple[tuple[Point, ...], ...]:
    """Outlines of countries: points on the map, ring by ring (Natural Earth, 1:110 million, public domain)."""
    text = resources.files("optimizer.pages").joinpath("outlines.json").read_text(encoding="utf-8")
    made = []
    for steps in json.loads(text):
        lon = lat = 0
        ring = []
        for east, north in zip(steps[::2], steps[1::2], strict=True):
            lon, lat = lon + east, lat + north
            ring.append(on_paper(lat / TENTHS, lon / TENTHS))
        made.append(tuple(ring))
    return tuple(made)


@cache
def outlines() -> str:
    """The same as the `d` of a path of SVG, to a tenth of a unit."""
    parts = []
    for ring in rings():
        points = [(round(10 * x), round(10 * y)) for x, y in ring]
        begin = points[0]
        said = [f"M{begin[0] / 10:g} {begin[1] / 10:g}l"]
        before = begin
        for point in points[1:]:
            if point != before:
                said.append(f"{(point[0] - before[0]) / 10:g} {(point[1] - before[1]) / 10:g} ")
                before = point
        parts.append("".join(said).rstrip() + "z")
    return "".join(parts)
