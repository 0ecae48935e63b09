"""Why options are funded or not, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import number_of, usd
from optimizer.near_optimal import Why
from optimizer.near_optimal.why import CANNOT, ENTERS, FUNDED
from optimizer.plan.columns import rows_of

WIDE = 0.1
"""Share of the capex asked about from which the gap of the best plan is told as too wide."""


def say(out: Brief, found: Why) -> None:
    """Why options are funded or not, in words."""
    info = found.info
    if info["best"] is None:
        out.print(f"{info['instance']}: {info['status']}: there is no plan to compare with", style="bold red")
        return
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(f"{info['instance']}: the best plan found costs {usd(info['best'])}{gap}", style="bold")
    if wide := wide_of(found):
        out.print(wide, style="yellow")
    if info["status"] == "stopped":
        so_far = "what was asked until then follows" if len(found.options) else "nothing was answered by then"
        out.print(f"stopped early: {so_far}", style="yellow")
    for row in rows_of(found.options):
        out.print(f"{row.facility}:{row.option}, capex {usd(row.capex)}, lead {row.lead}: {row.status}")
        for line in lines_of(row, info["within_usd"]):
            out.print(f"  {line}")


def wide_of(found: Why) -> str:
    """What a gap as wide as what is asked about means for the answers; empty where it is narrow."""
    info, capex = found.info, found.options["capex"]
    asked = capex[(found.options["status"] != FUNDED) & (capex > 0)]
    if info["best"] is None or info["bound"] is None or asked.empty:
        return ""
    gap = max(0.0, info["best"] - info["bound"])
    if gap <= WIDE * float(asked.min()):
        return ""
    return (
        f"what comes in does so beside the best plan found, which may be {usd(gap)} too dear, {gap / asked.min():.0%} "
        "of the capex asked about: a smaller --gap tells more"
    )


def lines_of(row: Any, within: float) -> list[str]:
    """What is known of an option: a row of the table, at a tolerance in USD."""
    least, most, comes, stays = (
        number_of(value) for value in (row.costs_at_least, row.costs_at_most, row.enters_at_capex, row.not_at_capex)
    )
    extra = f"at least {usd(least)} more" if most is None else f"between {usd(least)} and {usd(most)} more"
    if most is not None and usd(least) == usd(most):
        extra = f"{usd(most)} more"
    if row.status == FUNDED:
        return [f"leaving it out costs {extra}" if least is not None else "there is no plan without it"]
    if row.status == CANNOT:
        return ["no plan funds it", *_lead(row)]
    lines = [f"funding it costs {extra}"]
    if row.status == ENTERS:
        return [*lines, f"that is within {usd(within)} of the best" if within else "that is as good as the best found"]
    if comes == 0.0 and stays is not None:
        lines.append(f"it comes in at no capex at all, and not at {usd(stays)} or more")
    elif comes is not None and stays is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less, and not at {usd(stays)} or more")
    elif comes is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less; at how much more was not proved")
    elif stays is not None:
        lines.append(f"it does not come in at a capex of {usd(stays)} or more" if stays else "not even at no capex")
    return [*lines, *_price(row), *_lead(row)]


def _price(row: Any) -> list[str]:
    """What it would have to be paid for a tonne; nothing where that is not known at all."""
    comes, stays = number_of(row.enters_at_price), number_of(row.not_at_price)
    if comes is None:
        words = "no payment was found at which it does"
        return [] if stays is None else [f"paid less than {usd(stays)} for each tonne it does not come in; {words}"]
    less = "; at how much less was not proved" if stays is None else f", and not for less than {usd(stays)}"
    return [f"it comes in if it is paid {usd(comes)} for each tonne that it makes{less}"]


def _lead(row: Any) -> list[str]:
    """At which shorter lead it comes in; what a limit left open is told so."""
    if row.lead == 0:
        return []
    if not pd.isna(row.enters_at_lead):
        return [f"it comes in with a lead of {_years(int(row.enters_at_lead))}"]
    if pd.isna(row.not_at_lead):
        return ["no shorter lead was found at which it comes in; that there is none was not proved"]
    if row.not_at_lead > 0:
        known = _years(int(row.not_at_lead))
        return [f"not with a lead of {known}; with a shorter one none was found, and nothing proved"]
    return ["at no shorter lead does it come in"]


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"
