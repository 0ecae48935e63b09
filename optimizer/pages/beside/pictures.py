"""Figures of plans side by side: maps under one slider; cost, outlay and shortage by year; service and exposure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from optimizer.briefs.brief import headed
from optimizer.briefs.words import rough, rough_tonnes, tonnes, usd
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.pages.beside.sides import SMALL, Side
from optimizer.pages.beside.tables import outlay_of, told_of
from optimizer.pages.network.charts import exposures_of
from optimizer.pages.network.courses import Future, name_of
from optimizer.pages.page import counted, listed
from optimizer.pages.pictures import Figure, M, Pane, Picture, Shares, View, columns, percent, years

MOST_MAPS = 4
"""Side by side; more would be too small to read."""
Values = Mapping[int, float]
"""By year."""


def figures(sides: Sequence[Side]) -> Iterator[Figure]:
    """Every figure, as far as the folders have its data."""
    yield from _maps(sides)
    yield from _costs(sides)
    yield from _outlay(sides)
    yield from _short(sides)
    yield from _service(sides)
    yield from _exposure(sides)


def _maps(sides: Sequence[Side]) -> Iterator[View]:
    there = [(side, view) for side in sides if (view := _map_of(side)) is not None]
    shown = there[:MOST_MAPS]
    if len(shown) < 2:
        return
    heads = ("plan", *shown[0][1].grid.heads)
    table = headed("The networks by year, without a disruption", *heads, right=heads[1:])
    for side, view in shown:
        for row in view.grid.rows:
            table.add_row(side.name, *row)
    words = f"Maps of {listed(side.name for side, _ in shown)} side by side, of one year and future."
    panes = tuple(Pane(side.name, view, side.plan.instance.end_year) for side, view in shown)
    title = "The networks side by side, by year and future"
    yield View("map", title, words, {}, table, tuple(_notes(sides, [side for side, _ in there])), panes)


def _map_of(side: Side) -> View | None:
    """The map on a plan's own page."""
    views = (one for one in side.page.pictures if isinstance(one, View) and one.kind == "map")
    return next(views, None)


def _notes(sides: Sequence[Side], there: Sequence[Side]) -> Iterator[str]:
    yield "Lines of all these maps have one scale. The flow of material is on each plan's own page."
    if rest := [side.name for side in there[MOST_MAPS:]]:
        yield f"The first {MOST_MAPS} maps are here; the maps of {listed(rest)} are on their own pages."
    if without := [side.name for side in sides if all(side is not one for one in there)]:
        yield f"No facility has a place (location), and so there is no map, in {listed(without)}."
    shown = there[:MOST_MAPS]
    ids = [{one.id for one in side.futures} for side in shown]
    for side in shown:
        alone = [one.name for one in side.futures if not all(one.id in mine for mine in ids)]
        if alone:
            yield f"Futures of {side.name} that not all of these plans have are on its own page: {listed(alone)}."


def _chart(title: str, words: str, series: Mapping[str, Values], unit: str, axis: str = "year") -> Picture:
    """Bars of each year, a series a plan, with their numbers as a table.

    Args:
        title: of the picture.
        words: its text alternative.
        series: values by year, of each plan: USD or t; a year that a plan does not have stays empty.
        unit: of the axis: M USD, or t.
        axis: title of the other one.
    """
    money = unit.endswith("M USD")
    at = sorted({year for values in series.values() for year in values})
    scale = M if money else 1.0
    drawn = {
        name: (at, [None if (value := values.get(year)) is None else value / scale for year in at])
        for name, values in series.items()
    }
    table = headed(title, "year", *series, right=("year", *series))
    for one in at:
        told = [values.get(one) for values in series.values()]
        table.add_row(str(one), *("-" if x is None else usd(x) if money else tonnes(x) for x in told))
    return columns(title, words, drawn, years(axis), unit, stacked=False).with_grid(table)


def _costs(sides: Sequence[Side]) -> Iterator[Picture]:
    """What each year costs on the trunk, all categories together, undiscounted."""
    series: dict[str, Values] = {}
    for side in sides:
        costs = side.plan.costs[side.plan.costs["scenario"].isin([TRUNK, INVESTMENT])]
        sums = costs.groupby("period")["usd"].sum()
        series[side.name] = {int(str(year)): float(value) for year, value in sums.items()}
    said = listed((f"{name} {rough(sum(values.values()))}" for name, values in series.items()), 8)
    words = f"Cost by year without a disruption, undiscounted, over the horizon: {said}."
    over = any(year >= side.plan.instance.end_year for side in sides for year in series[side.name])
    axis = "year; that after the horizon: what is left at its end" if over else "year"
    yield _chart("Cost by year without a disruption, side by side", words, series, "cost, M USD", axis)


def _outlay(sides: Sequence[Side]) -> Iterator[Picture]:
    paid = {side.name: outlay_of(side) for side in sides}
    every = {year for mine in paid.values() for year in mine}
    series = {name: {year: mine.get(year, 0.0) for year in every} for name, mine in paid.items()}
    if every:
        said = listed((f"{name} {rough(sum(values.values()))}" for name, values in series.items()), 8)
        words = f"Public outlay by year, undiscounted, over the horizon: {said}."
        yield _chart("Public outlay by year, side by side", words, series, "outlay, M USD")


def _short(sides: Sequence[Side]) -> Iterator[Picture]:
    """T short by year, a picture for each channel: undisturbed, and for the strictest in each plan's worst future."""
    for channel in dict.fromkeys(channel for side in sides for channel in side.channels):
        asked = [side for side in sides if channel in side.channels]
        usual = {side.name: _short_by_year(side, side.futures[0], channel) for side in asked}
        yield from _lacking(f"Short without a disruption: {channel}", usual, {})
        tried = {side.name: (side, side.worst or side.futures[0]) for side in sides if channel == side.strictest}
        at = {name: told_of(future) for name, (_, future) in tried.items()}
        worst = {name: _short_by_year(side, future, channel) for name, (side, future) in tried.items()}
        if worst == {name: usual[name] for name in worst}:
            continue
        yield from _lacking(f"Short in the worst future of each plan: {channel}", worst, at)


def _short_by_year(side: Side, future: Future, channel: str) -> Values:
    return {year: short for year, (_, short) in side.served(future, side.markets(channel)).items()}


def _lacking(title: str, series: Mapping[str, Values], at: Mapping[str, str]) -> Iterator[Picture]:
    """A picture where anything is short."""
    sums = {name: sum(values.values()) for name, values in series.items()}
    if any(total > SMALL for total in sums.values()):
        said = (f"{name} {rough_tonnes(t)}{f' in {at[name]}' if name in at else ''}" for name, t in sums.items())
        yield _chart(title, f"{title}, by year; over the horizon {listed(said, 8)}.", series, "short, t")


def _service(sides: Sequence[Side]) -> Iterator[Shares]:
    """Share of demand delivered in every future, over the horizon and in the lowest year, a table for each channel."""
    for channel in dict.fromkeys(channel for side in sides for channel in side.channels):
        rows: dict[tuple[str, str], list[float | None]] = {}
        lowest = []
        for number, side in enumerate(sides):
            found: list[tuple[float, str]] = []
            for future in side.futures:
                cells = side.served(future, side.markets(channel))
                asked = sum(demand for demand, _ in cells.values())
                shares = [1.0 - short / demand for demand, short in cells.values() if demand > SMALL]
                if not shares:
                    continue
                row = rows.setdefault((future.id, told_of(future)), [None] * (2 * len(sides)))
                row[2 * number] = 1.0 - sum(short for _, short in cells.values()) / asked
                row[2 * number + 1] = min(shares)
                found.append((min(shares), told_of(future)))
            if found:
                least, where = min(found)
                words = "" if percent(least) == percent(1.0) else f" ({where})"
                lowest.append(f"{side.name} {percent(least)}{words}")
        heads = tuple(head for side in sides for head in (side.name, f"{side.name}, lowest year"))
        yield Shares(
            f"Service in every future, side by side: {channel}",
            f"Users in {channel} are delivered, in the lowest year of any future: {listed(lowest, 8)}.",
            heads,
            tuple((name, tuple(cells)) for (_, name), cells in rows.items()),
            "future",
            f"Share of demand delivered over the horizon, and in the lowest year: {channel}",
            "no such future",
        )


def _exposure(sides: Sequence[Side]) -> Iterator[Shares]:
    """Worst exposure, of any kind, of the plants that trusted supply rests on in each plan."""
    worst = {}
    for side in sides:
        by = exposures_of(side.plan).max(axis=1)
        worst[side.name] = {str(name): None if pd.isna(value) else float(value) for name, value in by.items()}
    facilities = dict.fromkeys(name for mine in worst.values() for name in mine)
    rows = [(name, [mine.get(name) for mine in worst.values()]) for name in facilities]
    if not any(share for _, shares in rows for share in shares):
        return
    rows.sort(key=lambda row: -max(share or 0.0 for share in row[1]))
    said = []
    for side in sides:
        known = [(share, name) for name, share in worst[side.name].items() if share is not None]
        exposed = [name_of(side.plan, name) for share, name in known if share >= 1.0 - SMALL]
        most = f"the most exposed {percent(max(known)[0])}" if known else "their exposure unknown"
        words = f"wholly exposed {listed(exposed, 3)}" if exposed else most
        said.append(f"{side.name} {counted(len(worst[side.name]), 'plant')}, {words}")
    names = {name: next(name_of(s.plan, name) for s in sides if name in worst[s.name]) for name in facilities}
    yield Shares(
        "Exposure of the plants that trusted supply rests on, side by side",
        f"Plants that make something in a trusted channel, by their worst exposure of any kind: {'; '.join(said)}.",
        tuple(worst),
        tuple((names[name], tuple(shares)) for name, shares in rows),
        "plant",
        "Worst exposure of any kind and year",
        "not used, or unknown",
        low_is_bad=False,
    )
