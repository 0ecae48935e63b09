"""Figures from what plans cost in futures; each with the bounds that the gaps of the solves leave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.evaluation.futures import tail_mean
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.worth.kept import Hindsight

Costs = Mapping[str, float]
"""Future -> discounted USD."""

Figure = dict[str, Any]
"""value, low, high: what was found, and between what the true figure lies; `why` where there is none."""


def measured(measure: str, costs: Costs, probability: Costs, alpha: float, best: Costs) -> float | None:
    """A measure of what futures cost, USD.

    Args:
        measure: `expected`, `cvar`, `worst_case` or `regret`.
        costs: of every future that counts.
        probability: of each.
        alpha: of CVaR.
        best: what each costs with hindsight.

    Returns:
        The value; None where it needs a hindsight that is not known.
    """
    names = list(costs)
    usd = np.array([costs[name] for name in names])
    weights = np.array([probability[name] for name in names])
    if measure == "expected":
        return float(weights @ usd / weights.sum())
    if measure == "cvar":
        return tail_mean(usd, weights, alpha)
    if measure == "worst_case":
        return float(usd.max())
    if any(name not in best for name in names):
        return None
    return max(0.0, *(costs[name] - best[name] for name in names))


def between(value: float, low: float | None, high: float | None) -> Figure:
    """A figure that is never negative, with bounds; the value is put between them."""
    low = max(0.0, low) if low is not None else 0.0
    value = max(value, low)
    return {"value": value if high is None else min(value, max(low, high)), "low": low, "high": high}


def unknown(why: str, low: float | None = None) -> Figure:
    """A figure that is not there, and why."""
    return {"value": None, "low": low, "high": None, "why": why}


def perfect_information(here: Figure, found: Mapping[str, Hindsight], probability: Costs) -> tuple[Figure, Figure]:
    """What wait and see costs, and what it would be worth (Birge and Louveaux 2011, chapter 4).

    Args:
        here: least expected cost of one plan for all futures.
        found: each future's own optimum.
        probability: of each future that counts.

    Returns:
        Wait and see: sum of p_s times the optimum of s; EVPI: the least expected cost less that.
    """
    missing = [name for name in probability if name not in found or found[name].objective is None]
    if missing:
        why = f"no optimum with hindsight is known of {', '.join(missing)}"
        return unknown(why), unknown(why)
    total = math.fsum(probability.values())
    most = math.fsum(p * (found[name].objective or 0.0) for name, p in probability.items()) / total
    open_ = [name for name, p in probability.items() if p > 0 and found[name].bound is None]
    least: float | None = None
    if not open_:
        least = math.fsum(p * (found[name].bound or 0.0) for name, p in probability.items()) / total
    see: Figure = {"value": most, "low": least, "high": most}
    low = None if here["low"] is None else here["low"] - most
    high = None if least is None else here["value"] - least
    return see, between(here["value"] - most, low, high)


def over(cost: float, here: Figure) -> Figure:
    """What a plan of known expected cost costs more than the best one."""
    high = None if here["low"] is None else max(0.0, cost - here["low"])
    return between(cost - here["value"], cost - here["value"], high)


def table_of_measures(
    measures: tuple[str, ...], costs: Mapping[str, Costs | None], probability: Costs, alpha: float, best: Costs
) -> pd.DataFrame:
    """A row for each plan, a column for each measure, USD; blank where something that must be met is not."""
    rows = []
    for plan, mine in costs.items():
        row: dict[str, Any] = {"plan": plan}
        for measure in measures:
            row[measure] = None if mine is None else measured(measure, mine, probability, alpha, best)
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["plan", *measures])
    return frame.astype(dict.fromkeys(measures, float))


def table_of_regret(
    costs: Mapping[str, Costs | None], probability: Costs, found: Mapping[str, Hindsight]
) -> pd.DataFrame:
    """A row for each plan and future: cost, hindsight, and the regret between them."""
    rows = []
    for plan, mine in costs.items():
        for future, p in probability.items():
            cost = None if mine is None else mine[future]
            known = found.get(future)
            best, bound = (None, None) if known is None else (known.objective, known.bound)
            regret = None if cost is None or best is None else max(0.0, cost - best)
            most = None if cost is None or bound is None else max(0.0, cost - bound)
            rows.append((plan, future, p, cost, best, bound, regret, most))
    columns = ["plan", "future", "probability", "cost", "hindsight", "hindsight_bound", "regret", "regret_at_most"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))


def table_of_fundings(plans: Mapping[str, Plan], found: Mapping[str, Hindsight]) -> pd.DataFrame:
    """A row for each option that is funded: the year in each plan, and the futures that fund it with hindsight."""
    years: dict[tuple[str, str], dict[str, Any]] = {}
    for name, plan in plans.items():
        for row in rows_of(plan.portfolio):
            years.setdefault((row.facility, row.option), {})[name] = int(row.funded)
    wanted: dict[tuple[str, str], list[str]] = {}
    for future, one in found.items():
        for text in one.funded:
            facility, option, _ = text.rsplit(":", 2)
            wanted.setdefault((facility, option), []).append(future)
    rows = []
    for facility, option in sorted(years.keys() | wanted.keys()):
        mine = years.get((facility, option), {})
        with_hindsight = ";".join(wanted.get((facility, option), ()))
        rows.append((facility, option, *(mine.get(name) for name in plans), with_hindsight))
    frame = pd.DataFrame(rows, columns=["facility", "option", *plans, "with_hindsight"])
    return frame.astype(dict.fromkeys(plans, "Int64"))
