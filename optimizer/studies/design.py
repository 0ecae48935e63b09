"""The points of a design: which value each factor has in each run, and where that is said."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from optimizer.errors import Where
from optimizer.instance.source import Source
from optimizer.studies.file import ALL, Factor, LatinHypercube, Levels, StudyFile

FEW = 50
"""Values of a factor that are looked at where a design is too large."""


@dataclass(frozen=True, slots=True)
class Level:
    """A value of a factor, and where it is said."""

    value: Any
    where: Where


Point = dict[str, Level]
"""Factor -> level; a factor that is left out stays as the instance has it."""


def factors_of(file: StudyFile) -> dict[str, Factor]:
    """What each name of the design stands for: those declared first; a name that is not declared is a key."""
    named = [*(file.grid or {}), *(name for row in file.list_ or () for name in row)]
    named += file.latin_hypercube.over if file.latin_hypercube is not None else []
    return dict(file.factors) | {name: Factor(set=(name,)) for name in named if name not in file.factors}


def labels_of(factor: Factor) -> dict[str, Any] | None:
    """The labels of a factor of overlays or portfolios; None of one that takes values."""
    return factor.overlays if factor.overlays is not None else factor.portfolios


def size_of(file: StudyFile) -> int:
    """How many runs the design has, without making them."""
    parts = []
    if file.list_ is not None:
        parts.append(len(file.list_))
    if file.grid is not None:
        parts.append(math.prod(_count(file, name, levels) for name, levels in file.grid.items()) if file.grid else 0)
    if file.latin_hypercube is not None:
        parts.append(file.latin_hypercube.runs)
    return math.prod(parts) if parts else 0


def points_of(file: StudyFile, source: Source) -> Iterator[Point]:
    """The points: rows of the list, then points of the grid (its last factor changes first), then samples."""
    names = list(file.grid or {})
    grid = [_levels(file, source, name) for name in names]
    samples: Sequence[Point] = [{}]
    if file.latin_hypercube is not None:
        samples = list(_samples(file.latin_hypercube, source))
    for row in _rows(file, source):
        for levels in itertools.product(*grid):
            for sample in samples:
                yield row | dict(zip(names, levels, strict=True)) | sample


def some_of(file: StudyFile, source: Source) -> list[Point]:
    """A few points in which every value stands that the design gives: for one that is too large to be gone through."""
    rows = _rows(file, source)
    names = list(file.grid or {})
    grid = [_levels(file, source, name) for name in names]
    samples = list(itertools.islice(_samples(file.latin_hypercube, source), FEW)) if file.latin_hypercube else [{}]
    first = dict(zip(names, (levels[0] for levels in grid), strict=True))
    found = [row | first | samples[0] for row in rows[:FEW]]
    found += [
        rows[0] | first | {name: level} | samples[0]
        for name, ls in zip(names, grid, strict=True)
        for level in ls[1:FEW]
    ]
    return found + [rows[0] | first | sample for sample in samples[1:]]


def _rows(file: StudyFile, source: Source) -> list[Point]:
    if file.list_ is None:
        return [{}]
    return [
        {name: Level(value, source.where("list", index, name)) for name, value in row.items()}
        for index, row in enumerate(file.list_)
    ]


def _count(file: StudyFile, name: str, levels: Levels) -> int:
    labels = labels_of(file.factors[name]) if name in file.factors else None
    if labels is not None and levels.values == (ALL,):
        return len(labels)
    return levels.count or 0 if levels.values is None else len(levels.values)


def _levels(file: StudyFile, source: Source, name: str) -> list[Level]:
    assert file.grid is not None
    levels = file.grid[name]
    labels = labels_of(file.factors[name]) if name in file.factors else None
    if labels is not None and levels.values == (ALL,):
        return [Level(label, source.where("grid", name)) for label in labels]
    if levels.values is not None:
        listed = isinstance(source.data["grid"][name], list)
        inside = (lambda i: ("grid", name, i)) if listed else (lambda i: ("grid", name, "values", i))
        return [Level(value, source.where(*inside(i))) for i, value in enumerate(levels.values)]
    assert levels.from_ is not None
    assert levels.to is not None
    assert levels.count is not None
    ends = levels.from_, levels.to
    spread = np.geomspace if levels.scale == "log" else np.linspace
    return [Level(_number(value), source.where("grid", name)) for value in spread(*ends, levels.count)]


def _number(value: float) -> float:
    """A whole number as one: a year is none with a point."""
    return int(value) if float(value).is_integer() else float(value)


def _samples(sample: LatinHypercube, source: Source) -> Iterator[Point]:
    names = list(sample.over)
    drawn = qmc.LatinHypercube(len(names), seed=sample.seed).random(sample.runs)
    for row in drawn:
        point: Point = {}
        for name, share in zip(names, row, strict=True):
            between = sample.over[name]
            low, high = between.from_, between.to
            value: float
            if between.whole:
                value = min(int(high), int(low) + math.floor(share * (int(high) - int(low) + 1)))
            elif between.scale == "log":
                value = low * (high / low) ** float(share)
            else:
                value = low + (high - low) * float(share)
            point[name] = Level(value, source.where("latin_hypercube", "over", name))
        yield point
