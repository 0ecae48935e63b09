"""The labels of what the rows of a table name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd

from optimizer.instance.fields import Row
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, in_order, markings_of

SECTIONS = {
    "facility": "facilities", "recipe": "recipes", "material": "materials", "product": "materials",
    "channel": "channels", "from_channel": "channels", "to_channel": "channels", "users": "channels",
    "market": "markets", "stockpile": "stockpiles",
}  # fmt: skip
"""Columns that name a record of a section."""
PLACES = ("place", "from", "to")
"""Columns that name a facility, market or stockpile, or a hub, which has no row."""
OTHERS = ("option", "state", "channels", "line", "target", "link", "scenario", "future", "instrument", "appropriation",
          "rule")  # fmt: skip
"""Columns that name something by its number, or together with another column."""


def with_markings(instance: Instance, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables with a column `marking`: labels of what a row names, as they are declared, joined by a space.

    Args:
        instance: of whose rows the tables name some.
        tables: by name. One that names none stays as it is, and all do where no row is marked.
    """
    if not markings_of(instance):
        return dict(tables)
    named = Named(instance)

    def said(cells: Mapping[str, str]) -> str:
        return " ".join(named.labels(cells))

    return {
        name: frame.assign(**{MARKING: by_row(frame, heads, said)}) if (heads := naming(frame.columns)) else frame
        for name, frame in tables.items()
    }


def naming(heads: Iterable[object]) -> list[str]:
    """Columns of a table that name something; heads are all of its columns."""
    return [head for head in map(str, heads) if head in SECTIONS or head in PLACES or head in OTHERS]


def by_row(frame: pd.DataFrame, heads: list[str], said: Callable[[dict[str, str]], str]) -> list[str]:
    """The cells of the column `marking`, one for each row of a table.

    Args:
        frame: the table.
        heads: of its columns that name something.
        said: the labels of a row, by its cells in these columns; rows that are alike there are asked about once.
    """
    known: dict[tuple[str, ...], str] = {}
    found = []
    for cells in frame[heads].to_numpy(dtype=object).tolist():
        key = tuple(map(str, cells))
        if key not in known:
            known[key] = said(dict(zip(heads, key, strict=True)))
        found.append(known[key])
    return found


class Named:
    """What the cells of a row name."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.scenarios = {one.id: one for one in instance.scenarios}
        self.appropriations = {one.id: one for one in instance.policy.budget.appropriations}
        finance = instance.finance
        self.instruments = {} if finance is None else {one.id: one for one in finance.instruments}

    def labels(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        """The labels of what a row of a table names; its cells by column."""
        return in_order((label for row in self.rows(cells) for label in row.marking or ()), self.instance)

    def rows(self, cells: Mapping[str, str]) -> Iterator[Row]:
        """The rows of the instance that a row of a table names; its cells by column."""
        instance = self.instance
        for head, section in SECTIONS.items():
            yield from _of(getattr(instance, section), cells.get(head))
        for head in PLACES:
            for places in (instance.facilities, instance.markets, instance.stockpiles):
                yield from _of(places, cells.get(head))
        for channel in cells.get("channels", "").split(";"):
            yield from _of(instance.channels, channel)
        for head, records in (
            ("scenario", self.scenarios),
            ("future", self.scenarios),
            ("instrument", self.instruments),
            ("appropriation", self.appropriations),
        ):
            yield from _of(records, cells.get(head))
        yield from self._at_facility(cells)
        market, stockpile = instance.markets.get(cells.get("market", "")), cells.get("stockpile", "")
        yield from _numbered(() if market is None else market.demand, cells.get("line"))
        held = instance.stockpiles.get(stockpile)
        yield from _numbered(() if held is None else held.targets, cells.get("target"))
        yield from _numbered(instance.policy.rules, cells.get("rule"))
        kind, _, number = cells.get("link", "").partition(":")
        yield from _numbered({"lane": instance.lanes, "freight": instance.logistics.freight}.get(kind, ()), number)

    def _at_facility(self, cells: Mapping[str, str]) -> Iterator[Row]:
        """What a facility has: options, and recipes that it runs."""
        name, _, alone = cells.get("option", "").partition(":")  # studies name both in one word
        if "facility" not in cells and alone:
            yield from _of(self.instance.facilities, name)
            cells = {**cells, "facility": name, "option": alone}
        facility = self.instance.facilities.get(cells.get("facility", ""))
        if facility is None:
            return
        options = {option.id: option for option in facility.options}
        for option in (cells.get("option"), *cells.get("state", "").split("+")):
            yield from _of(options, option)
        yield from _of(facility.recipes, cells.get("recipe"))


def _of(records: Mapping[str, Row], name: str | None) -> Iterator[Row]:
    if name in records:
        yield records[str(name)]


def _numbered(rows: tuple[Row, ...], number: str | None) -> Iterator[Row]:
    """The row of a list that a number names, from 0."""
    if number is not None and number.isdigit() and int(number) < len(rows):
        yield rows[int(number)]
