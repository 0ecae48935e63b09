"""Who is in all plans, in some, in none; and what each funds otherwise than the baseline."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.comparison.columns import SMALL, Plans, table
from optimizer.plan.columns import rows_of

ALL, SOME, NONE = "all", "some", "none"
COMES, GOES, SOONER, LATER, RESIZED, SAME = "comes", "goes", "sooner", "later", "another size or price", "the same"
"""What a plan does with an option otherwise than the baseline."""

Option = tuple[str, str]


def options_of(plans: Plans) -> pd.DataFrame:
    """A row for each option of any instance: the plans that fund it, and when."""
    funded = {name: _funded(plan.portfolio) for name, plan in plans.items()}
    rows = []
    for (facility, option), (stage, country) in _every(plans).items():
        years = {name: int(own[facility, option].funded) for name, own in funded.items() if (facility, option) in own}
        rows.append(
            {
                "facility": facility,
                "option": option,
                "stage": stage,
                "country": country,
                "funded_in": ALL if len(years) == len(plans) else SOME if years else NONE,
                "plans": ";".join(years),
                "first_year": min(years.values(), default=None),
                "last_year": max(years.values(), default=None),
            }
        )
    found = table("options", rows).astype({"first_year": "Int64", "last_year": "Int64"})
    order = {ALL: 0, SOME: 1, NONE: 2}
    return found.sort_values("funded_in", key=lambda column: column.map(order), kind="stable").reset_index(drop=True)


def fundings_of(plans: Plans) -> pd.DataFrame:
    """A row for each option that the baseline or a plan funds, for each plan but the baseline."""
    names = list(plans)
    base = _funded(plans[names[0]].portfolio)
    rows = []
    for name in names[1:]:
        mine = _funded(plans[name].portfolio)
        for key in sorted(base.keys() | mine.keys()):
            now, before = mine.get(key), base.get(key)
            known: Any = before if now is None else now
            row = {"facility": key[0], "option": key[1], "stage": known.stage, "country": known.country, "plan": name}
            for field in ("funded", "online", "capacity", "capex"):
                row[field] = None if now is None else getattr(now, field)
                row[f"baseline_{field}"] = None if before is None else getattr(before, field)
            row["years_later"] = None if now is None or before is None else int(now.funded) - int(before.funded)
            row["change"] = _change(now, before)
            rows.append(row)
    years = ("funded", "baseline_funded", "years_later", "online", "baseline_online")
    return table("fundings", rows).astype(dict.fromkeys(years, "Int64"))


def moves(now: pd.DataFrame, before: pd.DataFrame) -> dict[str, str]:
    """What comes, goes and shifts from one portfolio to another, in words: `plant_a:build`, `plant_b:build:+1`."""
    mine, other = _funded(now), _funded(before)
    shifts = {key: int(mine[key].funded) - int(other[key].funded) for key in sorted(mine.keys() & other.keys())}
    return {
        "comes": " ".join(":".join(key) for key in sorted(mine.keys() - other.keys())),
        "goes": " ".join(":".join(key) for key in sorted(other.keys() - mine.keys())),
        "shifts": " ".join(f"{facility}:{option}:{by:+d}" for (facility, option), by in shifts.items() if by),
    }


def _funded(portfolio: pd.DataFrame) -> dict[Option, Any]:
    return {(row.facility, row.option): row for row in rows_of(portfolio)}


def _every(plans: Plans) -> dict[Option, tuple[str, str]]:
    """Every option of any instance: its stage and country."""
    return {
        (name, option.id): (facility.stage, facility.country)
        for plan in plans.values()
        for name, facility in plan.instance.facilities.items()
        for option in facility.options
    }


def _change(now: Any, before: Any) -> str:
    if before is None:
        return COMES
    if now is None:
        return GOES
    if now.funded != before.funded:
        return LATER if now.funded > before.funded else SOONER
    same = abs(now.capacity - before.capacity) <= SMALL and abs(now.capex - before.capex) <= SMALL
    return SAME if same else RESIZED
