"""What `solve --survive` adds to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import tonnes, usd
from optimizer.losses import KINDS
from optimizer.plan.plan import Plan

SHOWN = 6


def listed(given: list[str] | tuple[()]) -> tuple[str, ...]:
    """Names, given one by one or joined by commas."""
    return tuple(dict.fromkeys(name for text in given for name in text.split(",") if name))


def say(out: Brief, plan: Plan) -> None:
    """What the plan survives and what that costs, or what cannot be survived."""
    info = plan.info.get("survive")
    if info is None:
        return
    what = f"any {info['losses']} {info['of']}" if info["losses"] > 1 else f"any one {KINDS[info['of']]}"
    lasting = for_years(info["duration"])
    took = f"{info['rounds']} rounds, {info['rows']} rows"
    if info["proved"]:
        least, most = usd(info["costs_at_least_usd"]), usd(info["costs_at_most_usd"])
        cost = most if least == most else f"{least} to {most}"
        text = f"survives the loss of {what} for {lasting}, for {cost} more than without that ({took})"
        out.print(text, style="bold green")
    elif "cannot" in info:
        for item in info["cannot"][:SHOWN]:
            out.print(f"  {cannot_words(item, lasting)}", style="red")
        if len(info["cannot"]) > SHOWN:
            out.print(f"  ... and {len(info['cannot']) - SHOWN} more (--json lists all)", style="red")
    else:
        out.print(f"not proved to survive the loss of {what} for {lasting} ({took})", style="yellow")
    say_left_out(out, info)


def say_left_out(out: Brief, info: Mapping[str, Any]) -> None:
    """The years from which no loss was tried."""
    if info["left_out"]:
        years = ", ".join(str(year) for year in info["left_out"])
        out.print(f"left out, for a loss would end inside a period: {years}", style="yellow")


def for_years(duration: int) -> str:
    """How long a loss lasts."""
    return "1 year" if duration == 1 else f"{duration} years"


def cannot_words(item: Mapping[str, Any], lasting: str) -> str:
    """Which losses cannot be survived, and what lacks."""
    names = " and ".join(item["losses"]) or "nothing"
    if item["onset"] is None:
        return f"no one loss alone, but these together, or with the scenarios of the instance: {names}"
    least = tonnes(item["tonnes_short_at_least"])
    text = f"the loss of {names} from {item['onset']} for {lasting} cannot be survived: at least {least} t short"
    if not item["losses"]:
        text = (
            f"from {item['onset']} the markets cannot be served in full even without a loss: at least {least} t short"
        )
    rows = item["short"][:SHOWN]
    parts = [f"{tonnes(row['tonnes'])} t of {row['product']} for {row['market']} in {row['period']}" for row in rows]
    return text + (f", say {', '.join(parts)}" if parts else "")
