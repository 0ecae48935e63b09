"""Books of facilities at reference prices, and what instruments pay, for the trunk."""

from __future__ import annotations

import math
from collections import defaultdict

from optimizer.instance.finance import (
    Capital,
    CostCredit,
    Decidable,
    Depletion,
    Finance,
    Instrument,
    PerTonne,
    ProductionCredit,
)
from optimizer.network.calendar import Calendar
from optimizer.network.derive_markets import factor_at, price_at
from optimizer.network.derive_premium import premiums
from optimizer.network.derive_purchase import buy
from optimizer.network.eligible import eligible, most_of
from optimizer.network.starts import units_of
from optimizer.network.tables import CapacityTables, Network, RunIndex
from optimizer.network.tables_finance import EARNS, PAYS, AwardIndex, FinanceTables, SoldIndex


def worth_of(calendar: Calendar, rate: float, year: int) -> float:
    """Worth of a dollar of a year at the hurdle rate, in dollars of the base year.

    Source: as discounting at the rate of the system, a flow of a period counts from its first year (design.md 3).
    """
    period = calendar.period_of(year)
    return float((1.0 + rate) ** -((year if period is None else period) - calendar.base_year))


def finance_tables(network: Network, capacity: CapacityTables) -> FinanceTables:
    """Books and instruments of the trunk; empty where the instance says nothing of finance."""
    tables, finance = FinanceTables(), network.instance.finance
    if finance is None:
        return tables
    calendar, instance = network.calendar, network.instance
    tables.worth = {t: worth_of(calendar, finance.hurdle_rate, t) for t in calendar.periods}
    fundable = {facility for facility, option in network.starts.options if network.starts.years[facility, option]}
    if finance.viability:
        tables.fundable = [name for name in instance.facilities if name in fundable]
    _pay(network, finance, capacity, tables)
    _award(network, capacity, tables)
    premiums(network, capacity, tables)
    _deplete(network, finance, capacity, tables)
    buy(network, capacity, tables)
    _bounds(network, capacity, tables)
    return tables


def may_pay_for(network: Network, instrument: Capital, facility: str, period: int) -> bool:
    """Whether a funding at the beginning of a period is eligible, as the facility stands then."""
    plain = network.trust.states[facility][0]
    if instrument.from_ is not None and period < instrument.from_:
        return False
    if instrument.until is not None and period > instrument.until:
        return False
    whole = instrument.model_copy(update={"from_": None, "until": None})
    return eligible(network, whole, facility, plain, period) >= 1.0


def may_receive(network: Network) -> list[tuple[str, str]]:
    """(instrument, facility) of who makes what an instrument pays for that chooses, and is ever eligible."""
    finance, instance = network.instance.finance, network.instance
    return [
        (one.id, name)
        for one in (() if finance is None else finance.instruments)
        if isinstance(one, Decidable) and one.decided
        for name, facility in instance.facilities.items()
        if any(material in one.material for recipe in facility.recipes for material in instance.recipes[recipe].outputs)
        and any(
            eligible(network, one, name, state, t) > 0
            for state in network.trust.states[name]
            for t in network.calendar.periods
        )
    ]


def _pay(network: Network, finance: Finance, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What is made and can be sold, at what price, and what instruments pay on it."""
    instance, calendar = network.instance, network.calendar
    states = {(name, state.id): state for name, found in capacity.states.items() for state in found}
    kept = set(tables.fundable)
    share: dict[tuple[str, str, str, int], float] = {}

    def part(instrument: Instrument, name: str, state: str, t: int) -> float:
        key = (instrument.id, name, state, t)
        if key not in share:
            share[key] = eligible(network, instrument, name, states[name, state], t)
        return share[key]

    by_tonne = [one for one in finance.instruments if isinstance(one, PerTonne)]
    by_cost = [one for one in finance.instruments if isinstance(one, CostCredit)]
    pools: dict[tuple[str, str, int], list[SoldIndex]] = defaultdict(list)
    asked: set[tuple[str, str, int]] = set()
    for run in capacity.runs:
        name, state, recipe, k, t = run
        record, country = instance.recipes[recipe], instance.facilities[name].country
        cost = capacity.run_cost[name, recipe, k, t]
        inputs = inputs_of(network, recipe, country, k, t)
        if name in kept:
            tables.inputs[run] = inputs
        for one in by_cost:
            paid = part(one, name, state, t) * calendar.mean(one.share, t) if record.stage in one.stage else 0.0
            if paid > 0:
                counted = cost * ("activity" in one.counts) + inputs * ("inputs" in one.counts)
                tables.per_activity[one.id, run] = paid * counted
        for material, tonnes in record.outputs.items():
            sale, pool = (name, state, material, k, t), (place_of(network, name, material), material, t)
            if sale not in tables.sold:
                pools[pool].append(sale)
            tables.sold.setdefault(sale, []).append((run, tonnes))
            price = price_at(network, material, country, t)
            for payer in by_tonne:
                if usd := part(payer, name, state, t) * per_tonne(network, payer, material, k, t, price):
                    chooses = isinstance(payer, Decidable) and payer.decided
                    (tables.award if chooses else tables.per_tonne)[payer.id, sale] = usd
                    asked.add(pool)
            if name in kept and price:
                tables.price[name, material, t] = price
                asked.add(pool)
    for pool, sales in pools.items():
        if pool not in asked:
            for sale in sales:
                del tables.sold[sale]
        else:
            tables.pool[pool] = sales
    paying = {sale for _, sale in (*tables.per_tonne, *tables.award)}
    for (p, material, t), sales in tables.pool.items():
        if instance.materials[material].sell or paying.isdisjoint(sales):
            continue
        for k in network.places.channels[:-1]:  # of the loosest it is what is sold in all
            strict = set(network.places.stricter_or_equal(k))
            if mine := [sale for sale in sales if sale[3] in strict]:
                tables.strict_pool[p, material, k, t] = mine


def place_of(network: Network, facility: str, material: str) -> str:
    """Where what a facility makes is used or left: at itself if it moves on lanes, else in its region."""
    country = network.instance.facilities[facility].country
    return facility if material in network.places.laned else network.places.hub(country)


def inputs_of(network: Network, recipe: str, country: str, k: str, t: int) -> float:
    """USD of inputs per unit of activity in a channel, at its prices in the facility's region.

    What has no price costs nothing.
    """
    return math.fsum(
        tonnes * (price_at(network, m, country, t) or 0.0) * factor_at(network, m, k, t)
        for m, tonnes in network.instance.recipes[recipe].inputs.items()
    )


def per_tonne(network: Network, instrument: PerTonne, material: str, k: str, t: int, price: float | None) -> float:
    """What an instrument pays an eligible facility per tonne sold, USD; negative where the government has a share."""
    calendar = network.calendar
    if isinstance(instrument, ProductionCredit):
        if material not in instrument.material:
            return 0.0
        bonus = instrument.bonus
        if bonus is not None and k in network.places.stricter_or_equal(bonus.channel):
            return calendar.mean(bonus.amount, t)
        return calendar.mean(instrument.amount, t)
    if price is None:
        return 0.0
    if isinstance(instrument, Depletion):
        counts = network.instance.materials[material].stage in instrument.stage
        return price * instrument.rate * instrument.tax_rate if counts else 0.0
    floor = calendar.mean(instrument.floor, t) if material in instrument.material else 0.0
    if not floor:
        return 0.0
    return floor - price if price < floor else -instrument.upside * (price - floor)


def _deplete(network: Network, finance: Finance, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What depletion pays on what sales bring above the reference price."""
    states = {(name, state.id): state for name, found in capacity.states.items() for state in found}
    for one in [one for one in finance.instruments if isinstance(one, Depletion)]:
        for index, usd in tables.premium.items():
            name, state, material, _, _, t = index
            if network.instance.materials[material].stage in one.stage:
                share = eligible(network, one, name, states[name, state], t)
                if share > 0:
                    tables.depleted[one.id, index] = share * usd * one.rate * one.tax_rate


def _award(network: Network, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What instruments that choose pay and earn at most with a facility in a period, from its capacity."""
    each: dict[AwardIndex, dict[RunIndex, float]] = defaultdict(lambda: defaultdict(float))
    for (i, sale), usd in tables.award.items():
        award = (i, sale[0], PAYS if usd > 0 else EARNS, sale[-1])
        tables.awarded.setdefault(award, []).append((sale, abs(usd)))
        for run, tonnes in tables.sold[sale]:
            each[award][run] += abs(usd) * tonnes
    for award, found in each.items():
        tables.award_most[award] = most_of(network, capacity, award[1], award[-1], found)


def _bounds(network: Network, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What facilities with books earn and lose at most in a period, from capacity and what a unit of it brings."""
    calendar, kept = network.calendar, set(tables.fundable)
    net: dict[RunIndex, float] = {}  # least cost of a unit of activity
    for run in capacity.runs:
        if run[0] in kept:
            net[run] = capacity.run_cost[run[0], run[2], run[3], run[4]] + tables.inputs[run]
    for (_, run), usd in tables.per_activity.items():
        if run in net:
            net[run] -= usd
    paid: dict[SoldIndex, float] = defaultdict(float)
    for (_, sale), usd in tables.per_tonne.items():
        paid[sale] += usd
    best, worst = dict(paid), dict(paid)  # with what instruments pay and take that choose, whoever is chosen
    for (_, sale), usd in tables.award.items():
        found = best if usd > 0 else worst
        found[sale] = found.get(sale, 0.0) + usd
    above: dict[SoldIndex, float] = {}
    for index, usd in tables.bought.items():  # a tonne is bought once
        above[index[1:]] = max(above.get(index[1:], 0.0), usd)
    for sale, usd in above.items():
        best[sale] = best.get(sale, 0.0) + usd
    parts = dict(tables.premium)
    for (_, part), usd in tables.depleted.items():
        parts[part] += usd
    for sale, mine in tables.premium_of.items():  # a tonne has one price
        best[sale] = best.get(sale, 0.0) + max(parts[part] for part in mine)
    earns: dict[RunIndex, float] = defaultdict(float)
    loses: dict[RunIndex, float] = defaultdict(float)  # where several take more of a price than there is
    for sale, made in tables.sold.items():
        price = tables.price.get((sale[0], sale[2], sale[4]), 0.0)
        for run, tonnes in made:
            earns[run] += max(0.0, price + best.get(sale, 0.0)) * tonnes
            loses[run] += max(0.0, -price - worst.get(sale, 0.0)) * tonnes
    of_unit: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    for run, cost in net.items():
        use = capacity.use[run[0], run[2]]
        of_unit[run[0], capacity.unit[run[0], run[2]], run[4]].append(
            ((cost + loses[run]) / use, (earns[run] - cost) / use)
        )
    fixed: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for t, terms in capacity.fixed_of.items():
        for start, usd in terms:
            of = fixed[start.facility, t]
            of[start.option] = max(of.get(start.option, 0.0), usd)
    for name in tables.fundable:
        standing = 0.0
        for t in calendar.periods:
            loss = idle = capacity.fixed[name, t]
            gain = 0.0
            for unit in units_of(network.instance.facilities[name]):
                costs = of_unit.get((name, unit, t), ())
                most, now = capacity.most[name, unit, t], capacity.existing[name, unit, t]
                dearest = calendar.years[t] * max((cost for cost, _ in costs), default=0.0)
                loss += dearest * most
                idle += dearest * now
                gain += calendar.years[t] * max((0.0, *(earned for _, earned in costs))) * most
            loss += math.fsum(fixed[name, t].values())
            tables.loss[name, t], tables.gain[name, t] = loss, gain
            standing += tables.worth[t] * idle
        tables.standing_loss[name] = standing
