"""Makes optimizer/pages/outlines.json: outlines of countries, from Natural Earth, 1:110 million (public domain).

The shapes are read out of the wheel of geopandas 0.14.4, the last line of it that carried them:

    pip download --no-deps geopandas==0.14.4
    python docs/outlines.py geopandas-0.14.4-py3-none-any.whl

Coordinates are tenths of a degree, each ring one list: longitude and latitude of its first point, then steps.
Antarctica is left out.
"""

from __future__ import annotations

import json
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = "geopandas/datasets/naturalearth_lowres/naturalearth_lowres.{}"
TENTHS = 10
POLYGON = 5
HEAD = 100
"""Bytes before the first record of a shapefile."""
FEWEST = 4
"""Points of a ring."""


def main(wheel: str) -> None:
    """Write the file.

    Args:
        wheel: path of the wheel.
    """
    with zipfile.ZipFile(wheel) as packed:
        shapes = list(_shapes(packed.read(FILE.format("shp"))))
        continents = list(_words(packed.read(FILE.format("dbf")), "continent"))
    kept = [ring for rings, where in zip(shapes, continents, strict=True) if where != "Antarctica" for ring in rings]
    made = [ring for ring in map(_steps, kept) if len(ring) >= 2 * FEWEST]
    text = json.dumps(made, separators=(",", ":"))
    target = ROOT / "optimizer" / "pages" / "outlines.json"
    target.write_text(text + "\n", encoding="utf-8")


def _shapes(data: bytes) -> Iterator[list[list[tuple[float, float]]]]:
    """Rings of every polygon of a shapefile (ESRI Shapefile Technical Description, 1998)."""
    at = HEAD
    while at < len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        record = data[at + 8 : at + 8 + 2 * words]
        kind, parts, points = struct.unpack("<i32xii", record[:44])
        if kind != POLYGON:
            raise SystemExit(f"a shape of kind {kind} is no polygon")
        starts = [*struct.unpack(f"<{parts}i", record[44 : 44 + 4 * parts]), points]
        flat = struct.unpack(f"<{2 * points}d", record[44 + 4 * parts : 44 + 4 * parts + 16 * points])
        every = list(zip(flat[::2], flat[1::2], strict=True))
        yield [every[starts[n] : starts[n + 1]] for n in range(parts)]
        at += 8 + 2 * words


def _words(data: bytes, name: str) -> Iterator[str]:
    """A column of a dBASE table."""
    rows, head, width = struct.unpack("<iHH", data[4:12])
    at, offset = 32, 1
    while data[at : at + 11].split(b"\0")[0].decode() != name:
        offset += data[at + 16]
        at += 32
    for row in range(rows):
        begin = head + row * width + offset
        yield data[begin : begin + data[at + 16]].decode("utf-8").strip()


def _steps(ring: list[tuple[float, float]]) -> list[int]:
    made: list[int] = []
    before = (0, 0)
    for lon, lat in ring:
        point = (round(lon * TENTHS), round(lat * TENTHS))
        if made and point == before:
            continue
        made += [point[0] - before[0], point[1] - before[1]]
        before = point
    return made


if __name__ == "__main__":
    main(sys.argv[1])
