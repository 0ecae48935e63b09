"""The tables of a search for alternatives; figures are on what the decision controls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from optimizer.near_optimal.ask import named
from optimizer.near_optimal.diverse import Kept
from optimizer.near_optimal.facts import Facts, Found
from optimizer.near_optimal.rows import distance
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

PORTFOLIOS = (
    "portfolio", "cost", "costs_more", "options", "differs", "apart", "apart_at_most", "capex", "capex_discounted",
    "public_outlay", "shortage_usd", "leaves_out", "funds_instead",
)  # fmt: skip
"""Columns of `portfolios`; after them `short_CHANNEL` for each channel with a market: expected t short."""
OPTIONS = (
    "facility", "option", "stage", "country", "capex", "verdict", "in_best", "found_with", "found_without",
    "listed_with", "forced_in_at_least", "forced_in_at_most", "left_out_at_least", "left_out_at_most", "least_with",
    "least_without",
)  # fmt: skip
"""Columns of `options`; money in USD, blank where no plan is known, or there is none at all."""


def table_of_portfolios(
    network: Network, facts: Facts, kept: Sequence[Kept], plans: Mapping[int, Plan]
) -> pd.DataFrame:
    """A row for each portfolio of the list.

    Args:
        network: of the instance.
        facts: what is known.
        kept: the list.
        plans: by number; others of the list are left out.
    """
    channels = network.instance.served_channels
    columns = [*PORTFOLIOS, *(f"short_{channel}" for channel in channels)]
    rows: list[dict[str, Any]] = []
    for number, plan in plans.items():
        one = kept[number]
        mine, best = one.found.chosen, kept[0].found.chosen
        cost = plan.info["cost"]
        row: dict[str, Any] = {
            "portfolio": number,
            "cost": facts.found[mine].cost,
            "costs_more": facts.found[mine].cost - facts.best.cost,
            "options": len(mine),
            "differs": distance(mine, best),
            "apart": one.apart if number else None,
            "apart_at_most": one.at_most if number else None,
            "capex": float(plan.portfolio["capex"].sum()),
            "capex_discounted": cost.get("capex", 0.0) + cost.get("credit", 0.0),
            "public_outlay": float(plan.portfolio["public_outlay"].sum()),
            "shortage_usd": sum(cost.get(key, 0.0) for key in ("shortage", "target_shortage", "goal_shortage")),
            "leaves_out": ";".join(named(best - mine)),
            "funds_instead": ";".join(named(mine - best)),
        }
        rows.append(row | _short(network, plan))
    numbers = [name for name in columns if name not in ("leaves_out", "funds_instead")]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, float))
    return frame.astype(dict.fromkeys(("portfolio", "options", "differs", "apart", "apart_at_most"), "Int64"))


def _short(network: Network, plan: Plan) -> dict[str, float]:
    """Tonnes short on average over futures, by channel of the market; undiscounted, over the horizon."""
    channel = {name: market.channel for name, market in network.instance.markets.items()}
    short = dict.fromkeys((f"short_{name}" for name in network.instance.served_channels), 0.0)
    for row in rows_of(plan.demand):
        weight = network.weight.get((row.scenario, int(row.period)), 0.0)
        short[f"short_{channel[row.market]}"] += weight * float(row.short)
    return short


def table_of_options(network: Network, facts: Facts, listed: Sequence[Found]) -> pd.DataFrame:
    """A row for each option that can be funded: the verdict, and what stands behind it.

    Args:
        network: of the instance.
        facts: what is known; without a plan the table is empty.
        listed: portfolios of the list.
    """
    rows = []
    near = list(facts.near()) if facts.found else []
    for facility, option in facts.options if near else ():
        key = (facility, option)
        record = network.instance.facilities[facility]
        known = network.starts.options[key]
        many = sum(key in one.chosen for one in near)
        inside, outside = (facts.extra(key, funded=funded) for funded in (True, False))
        in_best = key in facts.best.chosen
        rows.append(
            (
                facility, option, record.stage, record.country, known.capex, facts.verdict(key), in_best, many,
                len(near) - many, sum(key in one.chosen for one in listed),
                *((None, None) if in_best else map(_finite, inside)),
                *(map(_finite, outside) if in_best else (None, None)),
                _finite(facts.least(key, funded=True)), _finite(facts.least(key, funded=False)),
            )
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(OPTIONS))
    money = ("capex", *OPTIONS[-6:])
    return frame.astype(dict.fromkeys(money, float))


def _finite(usd: float | None) -> float | None:
    return None if usd is None or not math.isfinite(usd) else usd


def table_of_fundings(plans: Mapping[int, Plan]) -> pd.DataFrame:
    """A row for each option that a portfolio of the list funds; a column for each portfolio with the year."""
    years: dict[tuple[str, str], dict[str, int]] = {}
    for number, plan in plans.items():
        for row in rows_of(plan.portfolio):
            years.setdefault((row.facility, row.option), {})[str(number)] = int(row.funded)
    names = [str(number) for number in plans]
    rows = [(*option, *(mine.get(name) for name in names)) for option, mine in sorted(years.items())]
    frame = pd.DataFrame(rows, columns=["facility", "option", *names])
    return frame.astype(dict.fromkeys(names, "Int64"))
