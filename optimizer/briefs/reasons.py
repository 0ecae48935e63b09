"""Why options are funded or not, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import number_of, usd
from optimizer.near_optimal import Why
from optimizer.near_optimal.why import CANNOT, ENTERS, FUNDED
from optimizer.plan.columns import rows_of


def say(out: Brief, found: Why) -> None:
    """Why options are funded or not, in words."""
    info = found.info
    if info["best"] is None:
        out.print(f"{info['instance']}: {info['status']}: there is no plan to compare with", style="bold red")
        return
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(f"{info['instance']}: the best plan found costs {usd(info['best'])}{gap}", style="bold")
    if info["status"] == "stopped":
        so_far = "what was asked until then follows" if len(found.options) else "nothing was answered by then"
        out.print(f"stopped early: {so_far}", style="yellow")
    for row in rows_of(found.options):
        out.print(f"{row.facility}:{row.option}, capex {usd(row.capex)}, lead {row.lead}: {row.status}")
        for line in lines_of(row, info["within_usd"]):
            out.print(f"  {line}")


def lines_of(row: Any, within: float) -> list[str]:
    """What is known of an option: a row of the table, at a tolerance in USD."""
    least, most, comes, stays = (
        number_of(value) for value in (row.costs_at_least, row.costs_at_most, row.enters_at_capex, row.not_at_capex)
    )
    extra = f"between {usd(least)} and {usd(most)} more" if most is not None else f"at least {usd(least)} more"
    if row.status == FUNDED:
        return [f"leaving it out costs {extra}" if least is not None else "there is no plan without it"]
    lead = "" if pd.isna(row.enters_at_lead) else f"it comes in with a lead of {_years(int(row.enters_at_lead))}"
    shorter = [lead or "at no shorter lead does it come in"]
    if row.status == CANNOT:
        return ["no plan funds it", *shorter]
    lines = [f"funding it costs {extra}"]
    if row.status == ENTERS:
        return [*lines, f"that is within {usd(within)} of the best" if within else "that is as good as the best"]
    if comes is not None and stays is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less, and not at {usd(stays)} or more")
    elif comes is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less; at how much more was not proved")
    elif stays is not None:
        lines.append(f"it does not come in at a capex of {usd(stays)} or more" if stays else "not even at no capex")
    return [*lines, *shorter]


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"
