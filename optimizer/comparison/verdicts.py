"""Whether a difference of cost is a finding, or within what the searches left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.comparison.columns import Plans, table
from optimizer.plan.plan import Plan

BASELINE, TIE, MORE, LESS, SAME = "baseline", "a tie", "costs more", "costs less", "the same"
UNLIKE = "not comparable"
"""Words of a verdict."""
EQUAL = 0.5
"""USD below which two costs are the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one plan costs more than another, USD.

    Attributes:
        usd: as the plans stand; None where the two cannot be compared.
        low: least difference of the two optima that the bounds leave.
        high: largest.
        verdict: `a tie` where 0 lies between low and high; else who costs more, `the same` where nothing differs.
    """

    usd: float | None
    low: float | None
    high: float | None
    verdict: str


def difference(plan: Plan, base: Plan) -> Difference:
    """What a plan costs more than the baseline.

    The optimum of each plan's problem lies between its bound and its objective, so the difference of the optima lies
    between bound less the other's objective and objective less the other's bound.
    """
    if plan.info.get("risk") != base.info.get("risk"):
        return Difference(None, None, None, UNLIKE)
    return between((plan.objective, plan.bound), (base.objective, base.bound))


def between(mine: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> Difference:
    """The same, from objective and bound of each; without a bound nothing is a finding."""
    (cost, bound), (before, bound_before) = mine, other
    if cost is None or before is None:
        return Difference(None, None, None, UNLIKE)
    usd = cost - before
    low = None if bound is None else min(usd, bound - before)
    high = None if bound_before is None else max(usd, cost - bound_before)
    if abs(usd) <= EQUAL:
        return Difference(usd, low, high, SAME)
    if low is not None and low > EQUAL:
        return Difference(usd, low, high, MORE)
    if high is not None and high < -EQUAL:
        return Difference(usd, low, high, LESS)
    return Difference(usd, low, high, TIE)


def plans_of(plans: Plans) -> pd.DataFrame:
    """A row for each plan: what it is, what it costs, and whether that differs from the baseline."""
    first = next(iter(plans))
    rows = []
    for name, plan in plans.items():
        info = plan.info
        found = Difference(None, None, None, BASELINE) if name == first else difference(plan, plans[first])
        rows.append(
            {
                "plan": name,
                "baseline": "yes" if name == first else "no",
                "instance": plan.instance.name,
                "instance_sha256": info.get("instance_sha256"),
                "made": info.get("made"),
                "status": plan.status,
                "measure": (info.get("risk") or {}).get("measure"),
                "objective": plan.objective,
                "bound": plan.bound,
                "gap_usd": info.get("gap_usd"),
                "difference": found.usd,
                "difference_at_least": found.low,
                "difference_at_most": found.high,
                "verdict": found.verdict,
                "fundings": len(plan.portfolio),
                "capex": float(plan.portfolio["capex"].sum()),
                "public_outlay": float(plan.outlay["usd"].sum()),
                "survives": _survives(info.get("survive")),
                "verified": "yes" if (info.get("verdict") or {}).get("ok") else "no",
            }
        )
    return table("plans", rows)


def _survives(found: Mapping[str, Any] | None) -> str | None:
    """What a plan made with --survive stands, in words."""
    if not found:
        return None
    text = f"any {found['losses']} of {found['of']} for {found['duration']} yr"
    return text if found.get("proved") else f"{text} (not proved)"
