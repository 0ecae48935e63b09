"""The labels of what the rows of a study's table name: as in a plan's, and by keys and lists of names too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from optimizer.instance.fields import Record, Row
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, markings_of
from optimizer.plan.markings import Named, by_row, naming

KEYS = ("key", "path")
"""Columns with a key of an instance, or several: facilities.plant_a.options.build.capex."""
LISTS = (
    "alone_comes", "alone_goes", "alone_shifts", "baseline_single_points", "baseline_worst", "best_funds_instead",
    "best_leaves_out", "branch", "comes", "course", "deepest_future", "deepest_in", "floor_future",
    "funds_instead", "gives_up", "goes", "largest_regret_in", "leaves_out", "loses_service", "loss", "lost", "markets",
    "materials", "measure", "most_used_by", "moves", "next_used_by", "recipient", "row", "scenarios", "shifts",
    "single_points", "strictest", "takes", "used", "with_hindsight", "worst", "worst_future",
)  # fmt: skip
"""Columns with names, one or more: of facilities, options (facility:option), futures, lanes, markets and others."""
FUNDED = "funded"
"""Of a front: facility:option:year, joined. Elsewhere it holds a year, which names nothing."""
_APART = re.compile(r"[;,=\s]+")
_SECTIONS = ("facilities", "recipes", "materials", "channels", "markets", "stockpiles")


def with_study_markings(
    instances: Instance | Iterable[Instance], tables: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Tables of a study with a column `marking`: labels of what a row names, as they are declared, joined by a space.

    Args:
        instances: of whose rows the tables name some; where there are several, a row has the labels of each.
        tables: by name. One that names none stays as it is, and all do where no row of any instance is marked.
    """
    labels = Labels(instances)
    if not labels.due:
        return dict(tables)
    return {
        name: frame.assign(**{MARKING: by_row(frame, heads, labels.of)}) if (heads := _naming(frame)) else frame
        for name, frame in tables.items()
    }


def _naming(frame: pd.DataFrame) -> list[str]:
    """Columns of a table that name something."""
    heads = [head for head in map(str, frame.columns) if naming([head]) or head in KEYS or head in LISTS]
    named = FUNDED in frame.columns and not is_numeric_dtype(frame[FUNDED])
    return [*heads, FUNDED] if named else heads


class Labels:
    """The labels of what rows of studies name.

    Attributes:
        due: whether there are any: a row of an instance is marked.
    """

    def __init__(self, instances: Instance | Iterable[Instance]) -> None:
        """Of one instance or several."""
        given = [instances] if isinstance(instances, Instance) else list(instances)
        marked = {id(one): one for one in given if markings_of(one)}
        self._named = [NamedInStudies(instance) for instance in marked.values()]
        self.due = bool(self._named)

    def of(self, cells: Mapping[str, Any]) -> str:
        """What is said of one row; its cells by column."""
        words = {head: str(cell) for head, cell in cells.items()}
        return " ".join(dict.fromkeys(label for named in self._named for label in named.labels(words)))


class NamedInStudies(Named):
    """What the cells of a row of a study name."""

    def rows(self, cells: Mapping[str, str]) -> Iterator[Row]:
        """The rows of the instance that a row of a table names."""
        yield from super().rows(cells)
        for head in KEYS:
            for key in _APART.split(cells.get(head, "")):
                yield from along(self.instance, key.split("."))
        for head in (*LISTS, FUNDED):
            for word in _APART.split(cells.get(head, "")):
                yield from self._of_word(word.split(":"))

    def _of_word(self, parts: Sequence[str]) -> Iterator[Row]:
        """What a word names: plant_a, plant_a:build, plant_a:build:2027, programs:0:2027, lane:3."""
        name, *rest = parts
        more = rest[0] if rest else ""
        for section in _SECTIONS:
            record = getattr(self.instance, section).get(name)
            if record is not None:
                yield record
        yield from super().rows({"future": name, "instrument": name, "appropriation": name})
        if more:
            yield from super().rows({"facility": name, "option": more, "state": more, "recipe": more})
            yield from super().rows({"market": name, "line": more, "stockpile": name, "target": more})
            yield from super().rows({"link": f"{name}:{more}", "rule": more if name == "rule" else ""})


def along(record: Any, parts: Sequence[str]) -> Iterator[Row]:
    """The rows on the way that a key leads from a record: the plant and its option, of that option's capex.

    Args:
        record: the instance, or what is inside it.
        parts: of the key; `*` stands for all, a number or a name for one of a list.
    """
    if isinstance(record, Row):
        yield record
    if not parts:
        return
    head, *rest = parts
    if isinstance(record, Record):
        named = {info.alias or name: name for name, info in type(record).model_fields.items()}
        if head in named:
            yield from along(getattr(record, named[head]), rest)
    elif isinstance(record, Mapping):
        for name, item in record.items():
            if head in ("*", str(name)):
                yield from along(item, rest)
    elif isinstance(record, tuple):
        for number, item in enumerate(record):
            if head in ("*", str(number), *_names_of(item)):
                yield from along(item, rest)


def _names_of(item: Any) -> Iterator[str]:
    """By what a row of a list is named in keys."""
    for field in ("id", "product", "material"):
        if isinstance(name := getattr(item, field, None), str):
            yield name
