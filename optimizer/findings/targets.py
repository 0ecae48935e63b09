"""Targets of stockpiles: whether they can be reached, what they do to demand, and which rules they pass by."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.demand import also_short, earliest_text
from optimizer.findings.finding import CANNOT, SMALL, WARNING, Finding, amount, percent
from optimizer.findings.rule_facts import binding, hollow, most_made
from optimizer.findings.supply import earliest_of, pool_at, rates
from optimizer.findings.survey import Survey
from optimizer.instance.movement import Target
from optimizer.instance.policy import DomesticContent, OutputRule
from optimizer.network.derive_markets import target_level
from optimizer.network.derive_rules import materials_of, share_of
from optimizer.network.places import initial_stock


def counted_channels(survey: Survey, stockpile: str, target: Target) -> tuple[str, ...]:
    """Channels of a stockpile whose stock counts for a target."""
    order = survey.places.channels
    asked = target.channel
    if asked is None and target.of:
        asked = min((survey.instance.markets[name].channel for name in target.of), key=order.index)
    counted = order if asked is None else survey.places.stricter_or_equal(asked)
    return tuple(k for k in survey.instance.stockpiles[stockpile].holds if k in counted)


def target_over_capacity(survey: Survey) -> Iterator[Finding]:
    """A target is at most what there is at the start with all that could be made by then, and fits the stockpile."""
    for name, stockpile in survey.instance.stockpiles.items():
        for index, target in enumerate(stockpile.targets):
            channels = counted_channels(survey, name, target)
            stores = {(name, target.material, k) for k in channels} & survey.places.stocked
            pool = pool_at(survey, set(), stores)
            room = stockpile.capacity.get(target.material, float("inf"))
            made = pool.stock + sum(
                initial_stock(survey.instance, *store) for store in stores if stockpile.release != "always"
            )
            short: dict[int, tuple[float, float]] = {}
            for t in survey.periods:
                made += rates(survey, pool, t)[1] * survey.calendar.years[t]
                level = target_level(survey.network, target, t)
                most = min(made, room)
                if level > most + SMALL * max(1.0, level):
                    short[t] = (level, most)
            for must in (True, False):
                told = {t: pair for t, pair in short.items() if survey.hard(target.shortage_cost, t) == must}
                if not told:
                    continue
                first = min(told)
                level, most = told[first]
                why = (
                    f"it holds {amount(room)} t"
                    if most >= room - SMALL
                    else f"at most {amount(most)} t can be there by then, with every option and no other use"
                )
                later = "" if most >= room - SMALL else f" {earliest_text(earliest_of(survey, pool), first)}."
                text = (
                    f"{name} is to hold {amount(level)} t of {target.material} at the end of {first}; {why}.{later}"
                    f"{also_short(list(told))}"
                )
                data = {
                    "stockpile": name,
                    "material": target.material,
                    "periods": [{"period": t, "level": pair[0], "possible": pair[1]} for t, pair in told.items()],
                }
                subject = ("stockpiles", name, "targets", index)
                yield Finding("target_over_capacity", subject, text, data, CANNOT if must else WARNING)


def target_before_demand(survey: Survey) -> Iterator[Finding]:
    """A target that must be met does not stand beside demand for the same material that may go short."""
    for name, stockpile in survey.instance.stockpiles.items():
        for index, target in enumerate(stockpile.targets):
            hard = [
                t
                for t in survey.periods
                if survey.hard(target.shortage_cost, t) and target_level(survey.network, target, t) > 0
            ]
            channels = counted_channels(survey, name, target)
            if not hard or not channels:
                continue
            starved: dict[str, float] = {}
            for market_name, market in survey.instance.markets.items():
                for line in market.demand:
                    soft = [t for t in hard if not survey.hard(line.shortage_cost, t)]
                    if soft and target.material in (line.accepts or (line.product,)) and market.channel in channels:
                        tonnes = survey.calendar.mean(line.tonnes, soft[0])
                        if tonnes > 0:
                            starved[market_name] = starved.get(market_name, 0.0) + tonnes
            if not starved:
                continue
            level = target_level(survey.network, target, hard[-1])
            text = (
                f"The target of {name} for {target.material} ({amount(level)} t by {hard[-1]}) must be met, and the "
                f"demand of {', '.join(starved)} for it ({amount(sum(starved.values()))} t/yr in {hard[0]}) may go "
                "short: the plan starves the market to fill the stock where both cannot be had. Give the target a "
                "shortage_cost."
            )
            data = {"stockpile": name, "material": target.material, "level": level, "demand": starved}
            yield Finding("target_before_demand", ("stockpiles", name, "targets", index), text, data, WARNING)


def stock_before_start(survey: Survey, number: int, rule: OutputRule) -> Iterator[Finding]:
    """A rule whose share rises later does not see what was put in stock before."""
    active = binding(survey, rule)
    if not isinstance(rule, DomesticContent) or not active:
        return
    shares = {t: share_of(survey.network, rule, t) for t in survey.periods}
    final = max(shares.values())
    full = next(t for t, share in shares.items() if share >= final - SMALL)
    before = [t for t in survey.periods if t < full]
    if not before:
        return
    home = set(survey.instance.domestic)
    counted = set(materials_of(survey.instance, rule))
    for name, stockpile in survey.instance.stockpiles.items():
        for target in stockpile.targets:
            channels = [k for k in stockpile.holds if rule.channel in (None, k)]
            if target.material not in counted or not channels:
                continue
            level = max(target_level(survey.network, target, t) for t in survey.periods)
            foreign = 0.0
            for t in before:
                made = max(
                    sum(
                        tonnes
                        for f, tonnes in most_made(survey, k, t, (target.material,)).items()
                        if survey.instance.facilities[f].country not in home
                    )
                    for k in channels
                )
                foreign += (1.0 - shares[t]) * made * survey.calendar.years[t]
            most = min(foreign, level)
            if most <= SMALL:
                continue
            why = (
                f"does not see what is stocked before {full}, when its share reaches {percent(final)}: up to "
                f"{amount(most)} t of the {amount(level)} t of {target.material} that {name} is to hold can be bought "
                "abroad before"
            )
            data = {"stockpile": name, "material": target.material, "level": level, "foreign": most, "full": full}
            yield hollow(number, rule, "stock_before_start", why, data)
