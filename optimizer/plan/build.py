"""Values of a solve -> result tables."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.network.releases import charge, released
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.plan.appropriations import appropriation_rows
from optimizer.plan.books import Rows, Values, finance_rows, outlay_of_instruments, started_of
from optimizer.plan.columns import COLUMNS, YEARS_OR_BLANK, rows_of, with_units
from optimizer.plan.makers import made_in, makers_of
from optimizer.plan.markings import with_markings
from optimizer.plan.public_stock import payer_rows, stock_outlay
from optimizer.plan.residual import count_residual
from optimizer.plan.rules import reactions_of

ZERO = 1e-9


def tables_of_plan(
    network: Network, tables: Mapping[str, Tables], values: Mapping[str, Values]
) -> dict[str, pd.DataFrame]:
    """All result tables (docs/results.md).

    Args:
        network: what was solved.
        tables: tables by course.
        values: course and `investment` -> component -> index -> value.
    """
    rows: dict[str, Rows] = defaultdict(list)
    fund = values[INVESTMENT].get("fund", {})
    _portfolio(network, fund, rows)
    planned = started_of(values[INVESTMENT])
    for course, t in tables.items():
        mine = values[course]
        reacted = reactions_of(t, values)
        started = planned | dict.fromkeys(reacted, 1.0)
        _reactions(t, reacted, rows)
        _capacity(t, started, mine, rows)
        _runs(t, mine, rows)
        _releases(t, mine, rows)
        _flows(t, mine, rows)
        left = TRUNK if t.window is None else t.window.leaves or TRUNK
        _stock(t, mine, values[left], rows)
        _demand(t, mine, rows)
        _downgrades(t, mine, rows)
        _surplus(t, mine, rows)
        _fixed(t, started, rows)
        _preferred(t, mine, rows)
        count_residual(t, mine, values[TRUNK], rows)
    _makers(tables[TRUNK], values[TRUNK], rows)
    _targets(tables[TRUNK], values[TRUNK], rows)
    _goals(tables[TRUNK], values[TRUNK], rows)
    _exposure(network, rows)
    _outlay(tables[TRUNK], values[INVESTMENT], values[TRUNK], rows)
    rows["stock_payers"] = payer_rows(tables[TRUNK], values[TRUNK])
    rows["appropriations"] = appropriation_rows(tables[TRUNK], values[INVESTMENT], values[TRUNK])
    rows |= finance_rows(tables[TRUNK], values[INVESTMENT], values[TRUNK])
    frames = {name: pd.DataFrame(rows[name], columns=list(columns)) for name, columns in COLUMNS.items()}
    frames["costs"] = _costs(network, fund, frames, rows["fixed"], rows["spent"])
    frames["scenarios"] = _scenarios(network, frames)
    return {name: with_units(name, frame) for name, frame in with_markings(network.instance, frames).items()}


def _reactions(t: Tables, reacted: list[Start], rows: dict[str, Rows]) -> None:
    """What a branch funds itself."""
    for start in sorted(start for start in reacted if start.course == t.course):
        record, option = t.instance.facilities[start.facility], t.starts.options[start.facility, start.option]
        capex = math.fsum(usd for _, usd in t.starts.spend(start))
        rows["reactions"].append(
            (
                t.course, start.facility, start.option, record.stage, record.country, start.year,
                t.capacity.online[start], math.fsum(option.capacity.values()), capex, capex * option.public_share,
                option.confidence,
            )
        )  # fmt: skip
        rows["spent"].append((t.course, start.year, "capex", capex, t.starts.capex(start)))
        credit = t.starts.credit(start)
        if credit:
            end = t.calendar.discount_of(t.calendar.end_year)
            rows["spent"].append((t.course, start.year, "credit", -credit / end, -credit))


def _portfolio(network: Network, fund: Mapping[Any, float], rows: dict[str, Rows]) -> None:
    for f, o, t in sorted(fund):
        record, option = network.instance.facilities[f], network.starts.options[f, o]
        online = network.starts.online(Start(f, o, (t,)))
        rows["portfolio"].append(
            (
                f, o, record.stage, record.country, t, online, math.fsum(option.capacity.values()), option.capex,
                option.capex * option.public_share, option.confidence,
            )
        )  # fmt: skip


def _capacity(t: Tables, started: Mapping[Start, float], values: Values, rows: dict[str, Rows]) -> None:
    used: dict[tuple[str, str, int], float] = defaultdict(float)
    runs_in: dict[tuple[str, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (f, s, r, _, y), run in values.get("run", {}).items():
        amount = run * t.capacity.use[f, r]
        used[f, t.capacity.unit[f, r], y] += amount
        runs_in[f, y][s] += amount
    for (f, u, y), existing in t.capacity.existing.items():
        funded = math.fsum(size * started.get(start, 0.0) for start, size in t.capacity.sizes[f, u, y])
        if existing + funded <= ZERO:
            continue
        available = _availability(t, started, f, y)
        total = (existing + funded) * available * t.calendar.years[y]
        rows["capacity"].append((t.course, y, f, u, existing, funded, available, total, used[f, u, y]))


def _availability(t: Tables, started: Mapping[Start, float], f: str, y: int) -> float:
    """Availability over the states a facility is in, weighted by their share of the period."""
    states = t.capacity.states[f]
    if len(states) == 1:
        return t.capacity.available[f, "", y]
    share = {
        o: math.fsum(part * started.get(start, 0.0) for start, part in t.capacity.setting[f, o, y])
        for s in states
        for o in s.options
    }
    weights = [math.prod(part if o in s.options else 1.0 - part for o, part in share.items()) for s in states]
    return math.fsum(w * t.capacity.available[f, s.id, y] for w, s in zip(weights, states, strict=True))


def _runs(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    for (f, s, r, k, y), run in sorted(values.get("run", {}).items()):
        rows["runs"].append((t.course, y, f, s, r, k, run, run * t.capacity.run_cost[f, r, k, y]))


def _releases(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    """What facilities release, and what they are charged for it, which is part of the cost of their activity."""
    found: dict[tuple[int, str, str], float] = defaultdict(float)
    for (f, _, r, _, y), run in values.get("run", {}).items():
        for release, amount in released(t.instance, f, r).items():
            found[y, f, release] += run * amount
    for (y, f, release), amount in sorted(found.items()):
        if amount > ZERO:
            rows["releases"].append((t.course, y, f, release, amount, amount * charge(t.network, f, release, y)))


def _flows(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    for (a, material, k, y), tonnes in sorted(values.get("flow", {}).items()):
        arc = t.places.arcs[a]
        cost = tonnes * t.flow.cost[a, y] * t.flow.gross[material]
        rows["flows"].append((t.course, y, arc.link, arc.start, arc.end, material, k, tonnes, cost))


def _stock(t: Tables, values: Values, left: Values, rows: dict[str, Rows]) -> None:
    """Stock; a branch opens with that of the course it leaves."""
    stock, stock_left = values.get("stock", {}), left.get("stock", {})
    last = t.periods[-1]
    for store in t.stock.stores:
        p, material, k = store
        for y in t.periods:
            index = (*store, y)
            before = t.calendar.previous[y]
            if before is None:
                opening = t.stock.opening[store]
            elif y == t.periods[0]:
                opening = stock_left.get((*store, before), 0.0)
            else:
                opening = stock.get((*store, before), 0.0)
            down_in = math.fsum(
                values.get("stock_down", {}).get((*other, y), 0.0)
                for other in t.stock.stores
                if other[:2] == (p, material) and t.stock.next_channel.get(other) == k
            )
            took, out = values.get("stock_in", {}).get(index, 0.0), values.get("stock_out", {}).get(index, 0.0)
            down_out = values.get("stock_down", {}).get(index, 0.0)
            discarded = values.get("discarded", {}).get(index, 0.0)
            bought = values.get("bought_back", {}).get(store, 0.0) if y == last and not t.is_trunk else 0.0
            closing = stock.get(index, 0.0)
            lost = opening * (1.0 - t.stock.keep[p, material, y])
            cost = closing * t.stock.holding[p, material, y] + discarded * t.stock.disposal[material]
            if bought:
                cost += bought * t.stock.buy_back[p, material, y]
            amounts = (opening, lost, took, out - discarded, down_in, down_out, discarded, bought, closing)
            if any(abs(amount) > ZERO for amount in amounts):
                rows["stock"].append((t.course, y, *store, *amounts, cost))


def _demand(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    deliver = values.get("deliver", {})
    by_line: dict[tuple[str, int, int], dict[tuple[str, str], float]] = defaultdict(dict)
    for (d, i, material, k, y), tonnes in deliver.items():
        by_line[d, i, y][material, k] = tonnes
    for d, i, y in t.demand.lines:
        market = t.instance.markets[d]
        product = market.demand[i].product
        tonnes, short = t.demand.tonnes[d, i, y], values.get("short", {}).get((d, i, y), 0.0)
        found = by_line[d, i, y]
        own = found.pop((product, market.channel), 0.0)
        if tonnes > ZERO or own > ZERO or short > ZERO:
            cost = short * t.demand.shortage_cost.get((d, i, y), 0.0)
            rows["demand"].append((t.course, y, d, i, product, product, market.channel, tonnes, own, short, cost))
        for (material, k), amount in sorted(found.items()):
            rows["demand"].append((t.course, y, d, i, product, material, k, 0.0, amount, 0.0, 0.0))


def _downgrades(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    for (p, material, k, y), tonnes in sorted(values.get("downgrade", {}).items()):
        rows["downgrades"].append((t.course, y, p, material, k, t.places.looser(k)[0], tonnes))


def _surplus(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    for (p, material, k, y), tonnes in sorted(values.get("surplus", {}).items()):
        rows["surplus"].append((t.course, y, p, material, k, tonnes, tonnes * t.flow.surplus_cost[p, material, y]))


def _fixed(t: Tables, started: Mapping[Start, float], rows: dict[str, Rows]) -> None:
    """Fixed costs by period, which no other table holds."""
    by_period = dict.fromkeys(t.periods, 0.0)
    for (_, y), usd in t.capacity.fixed.items():
        by_period[y] += usd
    for y, terms in t.capacity.fixed_of.items():
        by_period[y] += math.fsum(usd * started.get(start, 0.0) for start, usd in terms)
    rows["fixed"] += [(t.course, y, "fixed", usd) for y, usd in by_period.items()]


def _preferred(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    """What deliveries are weighed dearer by, which is no money and stands in no other table."""
    by_period: dict[int, float] = defaultdict(float)
    for (_, d, i, material, k, y), usd in t.rules.preferred.items():
        by_period[y] += usd * values.get("deliver", {}).get((d, i, material, k, y), 0.0)
    rows["fixed"] += [(t.course, y, "preference", usd) for y, usd in by_period.items()]


def _makers(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    """Whom users of a channel have a product from on the trunk, where a new maker would have to wait."""
    made = made_in(t, values)
    for (f, material, k, y), tonnes in sorted(makers_of(t, values).items()):
        rows["makers"].append((y, f, material, k, made[f, material, k, y], tonnes))


def _targets(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    order = list(t.instance.channels)
    for (p, i, y), level in sorted(t.stock.targets.items(), key=lambda item: (item[0][2], item[0])):
        target = t.instance.stockpiles[p].targets[i]
        held = math.fsum(values.get("stock", {}).get((*store, y), 0.0) for store in t.stock.counts[p, i])
        short = values.get("missing", {}).get((p, i, y), 0.0)
        channel = target.channel or ""
        if not channel and target.of is not None:
            channel = min((t.instance.markets[market].channel for market in target.of), key=order.index)
        cost = short * t.stock.target_cost.get((p, i, y), 0.0)
        rows["targets"].append((y, p, i, target.material, channel, level, held, short, cost))


def _goals(t: Tables, values: Values, rows: dict[str, Rows]) -> None:
    for (i, y), (level, terms) in sorted(t.rules.goals.items(), key=lambda item: (item[0][1], item[0])):
        made = math.fsum(values.get("run", {}).get(run, 0.0) * tonnes for run, tonnes in terms)
        short = values.get("goal_missing", {}).get((i, y), 0.0)
        rows["goals"].append((y, i, level, made, short, short * t.rules.goal_cost.get((i, y), 0.0)))


def _exposure(network: Network, rows: dict[str, Rows]) -> None:
    trust, calendar = network.trust, network.calendar
    for y in calendar.periods:
        for f in network.instance.facilities:
            for state in trust.states[f]:
                found = []
                for kind in EXPOSURE_KINDS:
                    parts = [trust.exposure(f, state, kind, year) for year in calendar.span[y]]
                    known = [part for part in parts if part is not None]
                    found.append(math.fsum(known) / len(known) if len(known) == len(parts) else None)
                channels = [k for k in network.instance.channels if trust.may_run(f, state, k, y)]
                rows["exposure"].append((y, f, state.id, *found, ";".join(channels)))


def _outlay(t: Tables, investment: Values, trunk: Values, rows: dict[str, Rows]) -> None:
    by = defaultdict[tuple[int, str, str], float](float, outlay_of_instruments(t, investment, trunk))
    for f, o, y in investment.get("fund", {}):
        share = t.starts.options[f, o].public_share
        for year, usd in t.starts.spend(Start(f, o, (y,))):
            by[year, "capex", "grant"] += usd * share
    for (_, _, y, instrument), usd in stock_outlay(t, trunk).items():
        by[y, "stockpile", instrument] += usd
    rows["outlay"] += [(*key, usd) for key, usd in sorted(by.items()) if abs(usd) > ZERO]


def _costs(
    network: Network, fund: Mapping[Any, float], frames: Mapping[str, pd.DataFrame], fixed: Rows, spent: Rows
) -> pd.DataFrame:
    """Every dollar once: by course, period and category."""
    calendar = network.calendar
    found: dict[tuple[str, int, str], float] = defaultdict(float)
    discounted: dict[tuple[str, int, str], float] = defaultdict(float)

    def add(scenario: str, period: int, category: str, usd: float) -> None:
        found[scenario, period, category] += usd
        discounted[scenario, period, category] += usd * calendar.discount[period]

    for f, o, y in fund:
        start = Start(f, o, (y,))
        for year, usd in network.starts.spend(start):
            period = calendar.period_of(year)
            key = (INVESTMENT, period if period is not None else year, "capex")
            found[key] += usd
            discounted[key] += usd * calendar.discount_of(year)
        credit = network.starts.credit(start)
        if credit:
            key = (INVESTMENT, calendar.end_year, "credit")
            found[key] -= credit / calendar.discount_of(calendar.end_year)
            discounted[key] -= credit
    for scenario, period, category, usd in fixed:
        add(scenario, period, category, usd)
    for scenario, period, category, usd, worth in spent:
        found[scenario, period, category] += usd
        discounted[scenario, period, category] += worth
    for row in rows_of(frames["runs"]):
        add(row.scenario, row.period, "activity", row.cost)
    for row in rows_of(frames["flows"]):
        add(row.scenario, row.period, "freight", row.cost)
    for row in rows_of(frames["demand"]):
        add(row.scenario, row.period, "shortage", row.cost)
    for row in rows_of(frames["surplus"]):
        add(
            row.scenario, row.period, "sales" if network.instance.materials[row.material].sell else "disposal", row.cost
        )
    for row in rows_of(frames["targets"]):
        add(TRUNK, row.period, "target_shortage", row.cost)
    for row in rows_of(frames["goals"]):
        add(TRUNK, row.period, "goal_shortage", row.cost)
    for row in rows_of(frames["stock"]):
        material = network.instance.materials[row.material]
        thrown = row.discarded * material.disposal
        held = row.closing * _holding(network, row.stockpile, row.material, row.period)
        add(row.scenario, row.period, "storage", held)
        add(row.scenario, row.period, "disposal", thrown)
        add(row.scenario, row.period, "buy_back", row.cost - thrown - held)
    rows = [(*key, usd, discounted[key]) for key, usd in sorted(found.items()) if abs(usd) > 1e-6]
    return pd.DataFrame(rows, columns=list(COLUMNS["costs"]))


def _holding(network: Network, stockpile: str, material: str, period: int) -> float:
    storage = network.instance.materials[material].storage
    default = storage.cost if storage is not None else 0.0
    cost = network.instance.stockpiles[stockpile].holding_cost.get(material, default)
    return cost * network.calendar.years[period]


def _scenarios(network: Network, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Cost and service of every future."""
    costs, demand = frames["costs"], frames["demand"]
    invested = float(costs.loc[costs["scenario"] == INVESTMENT, "discounted"].sum())
    channel_of = {name: market.channel for name, market in network.instance.markets.items()}
    channels = network.instance.served_channels
    spent = costs.groupby(["scenario", "period"])["discounted"].sum().to_dict()
    by_channel = demand.groupby(["scenario", "period", demand["market"].map(channel_of)])[["demand", "short"]].sum()
    asked_in, short_in = by_channel["demand"].to_dict(), by_channel["short"].to_dict()
    rows = []
    for future, probability in network.probability.items():
        window, path = network.windows.get(future), network.path[future]
        service = []
        for k in channels:
            asked = sum(asked_in.get((course, t, k), 0.0) for t, course in path.items())
            short = sum(short_in.get((course, t, k), 0.0) for t, course in path.items())
            service.append(1.0 if asked <= ZERO else 1.0 - short / asked)
        onset = window.onset if window is not None else None
        until = window.until if window is not None else None
        cost = invested + sum(spent.get((course, t), 0.0) for t, course in path.items())
        rows.append((future, probability, onset, until, cost, *service))
    columns = [*COLUMNS["scenarios"], *(f"service_{k}" for k in channels)]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(YEARS_OR_BLANK, "Int64"))
