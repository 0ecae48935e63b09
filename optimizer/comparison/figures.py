"""Cost, outlay, exposure, stock and rules of plans, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.comparison.columns import Plans, beside, summed, table
from optimizer.comparison.verdicts import EQUAL
from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.network.tables import TRUNK
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

ABSENT = "not there"
"""Of a rule that an instance does not have."""
MADE = 1e-3
"""Tonnes made below which nothing is said of their exposure."""


def costs_of(plans: Plans) -> pd.DataFrame:
    """Expected discounted cost by category, and the total; a difference within both gaps is a tie."""
    found = beside("costs", ("category",), "usd", plans, _parts)
    found = found.sort_values("category", key=lambda names: names == "total", kind="stable").reset_index(drop=True)
    gaps = {name: plan.info.get("gap_usd") for name, plan in plans.items()}
    base = gaps[next(iter(plans))]
    found["tie"] = [
        "yes" if abs(row.difference) > EQUAL and _within(row.difference, gaps[row.plan], base) else "no"
        for row in rows_of(found)
    ]
    return found


def _within(usd: float, gap: float | None, gap_before: float | None) -> bool:
    """Whether a difference is one that the searches of two plans may have left."""
    return gap is None or gap_before is None or abs(usd) <= gap + gap_before


def _parts(plan: Plan) -> dict[str, float]:
    parts = {str(category): float(usd) for category, usd in plan.info["cost"].items()}
    largest = dict(sorted(parts.items(), key=lambda item: -abs(item[1])))
    return largest | {"total": math.fsum(parts.values())}


def outlay_of(plans: Plans) -> pd.DataFrame:
    """Public outlay by year and account, undiscounted."""

    def read(plan: Plan) -> dict[Any, float]:
        rows = (((int(row.year), f"{row.account} {row.instrument}"), float(row.usd)) for row in rows_of(plan.outlay))
        return summed(rows)

    found = beside("outlay", ("year", "account"), "usd", plans, read)
    return found.sort_values(["plan", "year", "account"], kind="stable").reset_index(drop=True)


def stock_of(plans: Plans) -> pd.DataFrame:
    """Stock at the end of each period on the trunk, over all channels."""

    def read(plan: Plan) -> dict[Any, float]:
        trunk = plan.stock[plan.stock["scenario"] == TRUNK]
        rows = (((row.stockpile, row.material, int(row.period)), float(row.closing)) for row in rows_of(trunk))
        return summed(rows)

    found = beside("stock", ("stockpile", "material", "period"), "tonnes", plans, read)
    return found.sort_values(["plan", "stockpile", "material", "period"], kind="stable").reset_index(drop=True)


Mean = dict[tuple[str, str, str, int], tuple[float, float]]
"""Channel, stage, kind, period -> mean exposure, t made whose exposure is known."""


def exposure_of(plans: Plans) -> pd.DataFrame:
    """Mean exposure of what is made on the trunk, weighted by tonnes, by channel, stage and kind."""
    names = list(plans)
    base = _exposure(plans[names[0]])
    rows = []
    for name in names[1:]:
        mine = _exposure(plans[name])
        for key in sorted(base.keys() | mine.keys()):
            now, tonnes = mine.get(key, (None, 0.0))
            before, baseline_tonnes = base.get(key, (None, 0.0))
            row = dict(zip(("channel", "stage", "kind", "period"), key, strict=True)) | {"plan": name}
            row |= {"exposure": now, "baseline": before, "tonnes": tonnes, "baseline_tonnes": baseline_tonnes}
            row["difference"] = None if now is None or before is None else now - before
            rows.append(row)
    return table("exposure", rows).astype(dict.fromkeys(("exposure", "baseline", "difference"), float))


def _exposure(plan: Plan) -> Mean:
    """The means; tonnes of unknown exposure are left out, and so is what is not made."""
    known = {(int(row.period), row.facility, row.state): row for row in rows_of(plan.exposure)}
    made: dict[Any, float] = {}
    weighed: dict[Any, float] = {}
    materials, recipes = plan.instance.materials, plan.instance.recipes
    trunk = plan.runs[plan.runs["scenario"] == TRUNK]
    for row in rows_of(trunk):
        here = known.get((int(row.period), row.facility, row.state))
        if here is None:
            continue
        for material, amount in recipes[row.recipe].outputs.items():
            for kind in EXPOSURE_KINDS:
                exposure = getattr(here, kind)
                if pd.isna(exposure):
                    continue
                key = (row.channel, materials[material].stage, kind, int(row.period))
                tonnes = row.run * amount
                made[key] = made.get(key, 0.0) + tonnes
                weighed[key] = weighed.get(key, 0.0) + tonnes * exposure
    return {key: (weighed[key] / tonnes, tonnes) for key, tonnes in made.items() if tonnes > MADE}


def rules_of(plans: Plans) -> pd.DataFrame:
    """Every rule, target and budget: binding, slack or inactive in each plan, and in the baseline."""
    names = list(plans)
    base = _reports(plans[names[0]])
    rows = []
    for name in names[1:]:
        mine = _reports(plans[name])
        for key in dict.fromkeys([*base, *mine]):
            now, before = mine.get(key, {}), base.get(key, {})
            status, status_before = now.get("status", ABSENT), before.get("status", ABSENT)
            rows.append(
                {
                    "kind": key[0],
                    "label": key[1],
                    "plan": name,
                    "status": status,
                    "baseline_status": status_before,
                    "changed": "no" if status == status_before else "yes",
                    "slack": now.get("slack"),
                    "baseline_slack": before.get("slack"),
                    "unit": now.get("unit") or before.get("unit"),
                    "last_percent_usd": now.get("saved_by_1_percent_usd"),
                    "baseline_last_percent_usd": before.get("saved_by_1_percent_usd"),
                }
            )
    numbers = ("slack", "baseline_slack", "last_percent_usd", "baseline_last_percent_usd")
    return table("rules", rows).astype(dict.fromkeys(numbers, float))


def _reports(plan: Plan) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The reports of plan.json by kind and label; of equal labels each its own."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for report in plan.info.get("rules", []):
        key, number = (str(report["kind"]), str(report["label"])), 1
        while key in found:
            number += 1
            key = (key[0], f"{report['label']} ({number})")
        found[key] = report
    return found
