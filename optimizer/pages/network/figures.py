"""The figures of a plan, by the names under which `optimizer plot` has them, in the order of its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from optimizer.briefs.words import rough_tonnes
from optimizer.network.tables import TRUNK
from optimizer.pages.network import charts, drawn_flow
from optimizer.pages.network.courses import Future, periods_of
from optimizer.pages.network.drawn_map import map_of
from optimizer.pages.network.ownership import ownership
from optimizer.pages.page import listed
from optimizer.pages.pictures import Figure, M, columns, years
from optimizer.plan.plan import Plan

KILOGRAM = 1e-3
"""Tonnes over the horizon below which nothing is short."""


def short_by_year(plan: Plan) -> pd.DataFrame:
    """T asked for and short on the trunk, by channel of the market and year, the strictest first."""
    channels = {name: market.channel for name, market in plan.instance.markets.items()}
    demand = plan.demand[plan.demand["scenario"] == TRUNK]
    rows = demand.assign(channel=demand["market"].map(channels))
    sums = rows.groupby(["channel", "period"], as_index=False)[["demand", "short"]].sum()
    order = {name: rank for rank, name in enumerate(plan.instance.channels)}
    return sums.sort_values(["channel", "period"], key=lambda s: s.map(order) if s.name == "channel" else s)


def short_by_future(plan: Plan, futures: Sequence[Future]) -> dict[str, list[float]]:
    """T short over the horizon in each future, by channel of the market, the strictest first.

    Args:
        plan: the plan.
        futures: of it, as `futures_of` has them.
    """
    channels = {name: market.channel for name, market in plan.instance.markets.items()}
    rows = plan.demand.assign(channel=plan.demand["market"].map(channels))
    sums = rows.groupby(["channel", "scenario", "period"])["short"].sum()
    by = {key: float(tons) for key, tons in sums.items()}
    periods = periods_of(plan)
    return {
        channel: [
            sum(by.get((channel, course, year), 0.0) for year, course in zip(periods, one.path, strict=True))
            for one in futures
        ]
        for channel in plan.instance.channels
        if channel in set(rows["channel"])
    }


def _map(plan: Plan) -> Iterator[Figure]:
    made = map_of(plan)
    if made is not None:
        yield made


def _flow(plan: Plan) -> Iterator[Figure]:
    made = drawn_flow.drawn(plan, drawn_flow.flow_of(plan))
    if made is not None:
        yield made


def _heavies(plan: Plan) -> Iterator[Figure]:
    yield from drawn_flow.heavies(plan, drawn_flow.flow_of(plan))


def _one(make: Callable[[Plan], Figure | None]) -> Callable[[Plan], Iterator[Figure]]:
    def made(plan: Plan) -> Iterator[Figure]:
        figure = make(plan)
        if figure is not None:
            yield figure

    return made


def _outlay(plan: Plan) -> Iterator[Figure]:
    outlay = plan.outlay
    if len(outlay):
        by = outlay.assign(name=outlay["account"] + ", " + outlay["instrument"])
        series = {}
        for name, mine in by.groupby("name", sort=False):
            sums = mine.groupby("year")["usd"].sum()
            series[str(name)] = ([int(year) for year in sums.index], [float(value) / M for value in sums])
        said = listed((f"{name} {sum(ys):,.0f} M USD" for name, (_, ys) in series.items()), 8)
        words = f"Public outlay by year, over the horizon {said}."
        yield columns("Public outlay by year", words, series, years(), "outlay, M USD", stacked=True)


def _short(plan: Plan) -> Iterator[Figure]:
    short = short_by_year(plan)
    lacking = {
        str(channel): ([int(year) for year in mine["period"]], [float(value) for value in mine["short"]])
        for channel, mine in short.groupby("channel", sort=False)
        if mine["short"].sum() > KILOGRAM
    }
    if lacking:
        said = listed(f"{name} {rough_tonnes(sum(ys))} in all" for name, (_, ys) in lacking.items())
        words = f"Short by year: {said}."
        yield columns("Short by year without a disruption", words, lacking, years(), "short, t", stacked=True)


FIGURES: dict[str, Callable[[Plan], Iterator[Figure]]] = {
    "map": _map,
    "flow": _flow,
    "timeline": _one(charts.timeline),
    "stock": _one(charts.stock),
    "service": charts.service,
    "short": _short,
    "cost": _one(charts.cost),
    "outlay": _outlay,
    "heavies": _heavies,
    "exposure": _one(charts.exposure),
    "ownership": _one(ownership),
}
"""Name -> what a plan has of it; nothing where the result folder lacks the data."""
