"""Figures of a plan that need no map: when things are built, stock, service, cost, exposure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

from optimizer.briefs.brief import headed
from optimizer.briefs.words import rough_tonnes, tonnes, usd
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.pages.network.courses import futures_of, name_of, periods_of
from optimizer.pages.page import counted, listed
from optimizer.pages.pictures import M, Picture, Shares, bars, columns, percent, years
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

MOST_LINES = 80
"""Options in the picture of when they are built."""
SMALL = 1e-6
EXPOSURES = ("location", "ownership", "equipment", "finance", "technology", "feed")


def timeline(plan: Plan) -> Picture | None:
    """When each funded option is built, ramps up and runs, to the horizon's end or its own."""
    portfolio = plan.portfolio.sort_values(["funded", "online", "facility"]).head(MOST_LINES)
    if portfolio.empty:
        return None
    end = plan.instance.end_year
    options = {(name, o.id): o for name, facility in plan.instance.facilities.items() for o in facility.options}
    names: list[str] = []
    series: dict[str, tuple[list[float | None], list[float | None]]] = {
        name: ([], []) for name in ("being built", "ramping up", "at full size")
    }
    table = headed("When what is funded is built", "option", "country", "funded", "on line", "at full size", "ends",
                   right=("funded", "on line", "at full size", "ends"))  # fmt: skip
    for row in rows_of(portfolio):
        option = options.get((row.facility, row.option))
        online = int(row.online)
        ramp, life = (option.ramp, option.life) if option else ((), None)
        full = online + max((age + 1 for age, share in enumerate(ramp) if share < 1.0), default=0)
        stop = end if life is None else min(end, online + life)
        names.append(f"{name_of(plan, row.facility)}: {row.option.replace('_', ' ')}")
        for key, (begin, until) in zip(series, ((int(row.funded), online), (online, full), (full, stop)), strict=True):
            length = min(until, stop) - min(begin, stop)
            series[key][0].append(begin if length > 0 else None)
            series[key][1].append(length if length > 0 else None)
        after = "after the horizon" if stop == end else str(stop)
        table.add_row(names[-1], row.country, str(row.funded), str(online), str(full), after)
    begin = int(portfolio["funded"].min())
    count = counted(len(portfolio), "funded option is", "funded options are")
    now, last = int((portfolio["funded"] == begin).sum()), int(portfolio["online"].max())
    words = f"When {count} built, {begin} to {end - 1}: {now} funded in {begin}, the last on line in {last}."
    axis = years("year, from its first day") | {"range": [begin, end]}
    made = bars("When what is funded is built, ramps up and runs", words, _distinct(names), series, axis)
    return made.with_grid(table)


def _distinct(names: list[str]) -> list[str]:
    """Names of bars: a plant that two rows name alike is told apart."""
    seen: dict[str, int] = defaultdict(int)
    made = []
    for name in names:
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return made


def stock(plan: Plan) -> Picture | None:
    """Stock that counts against what its targets ask for, by year; a table has every target."""
    targets = plan.targets[plan.targets["level"] > SMALL]
    if targets.empty:
        return None
    held = targets.assign(has=targets["level"] - targets["short"])
    by = held.groupby("period")[["level", "has", "short"]].sum()
    at = [int(year) for year in by.index]
    series = {
        "held of what is asked for": (at, [float(t) for t in by["has"]]),
        "missing": (at, [float(t) for t in by["short"]]),
    }
    table = headed("Stock against its milestones", "stockpile", "material", *map(str, at), right=tuple(map(str, at)))
    for (stockpile, material, _), mine in held.groupby(["stockpile", "material", "target"], sort=False):
        cells = {int(row.period): f"{tonnes(row.has)} of {tonnes(row.level)}" for row in rows_of(mine)}
        table.add_row(str(stockpile), str(material), *(cells.get(year, "none asked") for year in at))
    steps = [year for n, year in enumerate(at) if n == 0 or by["level"].iloc[n] > by["level"].iloc[n - 1] * 1.2]
    said = listed(
        f"{y} {rough_tonnes(by['has'][y])} of {rough_tonnes(by['level'][y])}" for y in dict.fromkeys([*steps, at[-1]])
    )
    short = held[held["short"] > SMALL * held["level"].clip(lower=1.0)]
    missed = (
        f" Short at some time: {listed(dict.fromkeys(short['material']))}."
        if len(short)
        else " Every level is reached."
    )
    title = "Stock against its milestones, all materials together"
    words = (
        f"Stock that counts against what targets ask for, at the end of each year without a disruption: {said}.{missed}"
    )
    return columns(title, words, series, years(), "t in stock", stacked=True).with_grid(table)


def service(plan: Plan) -> Iterator[Shares]:
    """Share of demand that is delivered, in every future and year, a table for each tier of custody."""
    periods = periods_of(plan)
    futures = futures_of(plan, periods)
    tier = {name: market.channel for name, market in plan.instance.markets.items()}
    demand = plan.demand.assign(channel=plan.demand["market"].map(tier))
    sums = demand.groupby(["channel", "scenario", "period"])[["demand", "short"]].sum()
    asked = {key: (float(row["demand"]), float(row["short"])) for key, row in sums.iterrows()}
    for channel in plan.instance.channels:
        if not any(key[0] == channel for key in asked):  # type: ignore[index]
            continue
        rows = []
        for future in futures:
            cells: list[float | None] = []
            for year, course in zip(periods, future.path, strict=True):
                wanted, short = asked.get((channel, course, year), (0.0, 0.0))
                cells.append(1.0 - short / wanted if wanted > SMALL else None)
            rows.append((future.name, tuple(cells)))
        told = [
            (name, min(c for c in cells if c is not None)) for name, cells in rows if any(c is not None for c in cells)
        ]
        worst = sorted(told, key=lambda one: one[1])[:2]
        full = sum(share > 1.0 - SMALL for _, share in told)
        words = f"Users in {channel} get all that they ask for, every year, in {full} of {counted(len(told), 'future')}"
        if full < len(told):
            words += f"; the lowest year is {listed(f'{percent(share)} ({name})' for name, share in worst)}"
        title = f"Service in every future: {channel}"
        yield Shares(title, f"{words}.", tuple(map(str, periods)), tuple(rows), "future", "Share of demand delivered",
                     "no demand")  # fmt: skip


def cost(plan: Plan) -> Picture | None:
    """What each year costs on the trunk, by category, undiscounted."""
    costs = plan.costs[plan.costs["scenario"].isin([TRUNK, INVESTMENT])]
    sums = costs.groupby(["category", "period"])["usd"].sum()
    size = costs.groupby("category")["usd"].apply(lambda s: s.abs().sum()).sort_values(ascending=False)
    shown = [str(name) for name in size.index if size[name] > 0]
    if not shown:
        return None
    at = sorted({int(year) for year in costs["period"]})
    names = shown[:5] if len(shown) > 6 else shown
    rest = [name for name in shown if name not in names]
    series = {name.replace("_", " "): (at, [float(sums.get((name, y), 0.0)) / M for y in at]) for name in names}
    if rest:
        series["the rest"] = (at, [sum(float(sums.get((name, y), 0.0)) for name in rest) / M for y in at])
    heads = ("year", *(name.replace("_", " ") for name in shown), "in all")
    table = headed("Cost by year without a disruption, undiscounted", *heads, right=heads)
    for y in at:
        cells = [float(sums.get((name, y), 0.0)) for name in shown]
        table.add_row(str(y), *map(usd, cells), usd(sum(cells)))
    words = "Cost by year without a disruption, undiscounted, over the horizon: " + listed(
        (f"{name} {sum(ys):,.0f} M USD" for name, (_, ys) in series.items()), 8
    )
    title = "Cost by year without a disruption"
    over = plan.instance.end_year
    ends = f"; {over}: what is left at the horizon's end" if at[-1] >= over else ""
    return columns(title, f"{words}{ends}.", series, years(f"year{ends}"), "cost, M USD", stacked=True).with_grid(table)


def resting_on(plan: Plan) -> pd.DataFrame:
    """Exposures of what makes something in a trusted channel on the trunk, a row for each plant, period and state."""
    trusted = list(plan.instance.channels)[:-1]
    runs = plan.runs[(plan.runs["scenario"] == TRUNK) & plan.runs["channel"].isin(trusted) & (plan.runs["run"] > 1e-3)]
    keys = runs[["facility", "period", "state"]].drop_duplicates()
    keys = keys.assign(state=keys["state"].fillna("").astype(str))
    exposures = plan.exposure.assign(state=plan.exposure["state"].fillna("").astype(str))
    mine = keys.merge(exposures, on=["facility", "period", "state"])
    return mine.assign(**{kind: pd.to_numeric(mine[kind], errors="coerce").astype(float) for kind in EXPOSURES})


def exposures_of(plan: Plan) -> pd.DataFrame:
    """Worst exposure on the trunk, by kind, of each facility that makes something in a trusted channel there.

    Returns:
        A row for each facility and a column for each kind; NaN where it is not known.
    """
    return resting_on(plan).groupby("facility")[list(EXPOSURES)].max()


def exposure(plan: Plan) -> Shares | None:
    """Worst exposure, by kind, of the plants whose output in trusted channels the trunk rests on."""
    worst = exposures_of(plan)
    kinds = [kind for kind in EXPOSURES if worst[kind].max() > 0]
    if not kinds:
        return None
    worst = worst[kinds]
    worst = worst.assign(most=worst.max(axis=1)).sort_values("most", ascending=False)
    rows = []
    for row in rows_of(worst.reset_index()):
        cells = tuple(None if pd.isna(getattr(row, kind)) else float(getattr(row, kind)) for kind in kinds)
        rows.append((name_of(plan, row.facility), cells))
    clean = int(((worst["most"] <= 0) & worst[kinds].notna().all(axis=1)).sum())
    first = listed(f"{name} {max(c or 0.0 for c in cells):.0%}" for name, cells in rows[:3])
    words = (
        f"{counted(len(rows), 'plant')} make something in a trusted channel; {clean} of them known to be without any "
        f"exposure. Most exposed: {first}."
    )
    title = "Exposure of the plants that trusted supply rests on, the worst year of each"
    return Shares(
        title, words, tuple(kinds), tuple(rows), "plant", "Worst exposure by kind", "unknown", low_is_bad=False
    )
