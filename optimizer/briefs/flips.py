"""What flips options, in words."""

from __future__ import annotations

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import usd
from optimizer.digits import digits
from optimizer.plan.columns import rows_of
from optimizer.robustness import Flips


def say(out: Brief, found: Flips) -> None:
    """What flips options, in words."""
    info = found.info
    off = f"at most {usd(info['within_usd'])} off the best" if info["within_usd"] else "optimal"
    out.print(f"{info['instance']}: what flips options in plans that are {off}", style="bold")
    if info["status"] == "stopped":
        out.print("stopped early; the same command goes on from here", style="yellow")
    for key in info["keys"]:
        mine = found.flips[found.flips["key"] == key["key"]]
        now = "" if key["now"] is None else f", now {digits(key['now'], 6)}"
        title = f"\n{key['key']} from {digits(key['low'], 6)} to {digits(key['high'], 6)}{now}"
        if not key["options"]:
            words = "the best plans at both ends fund the same; name what you ask about with --option"
            out.print(f"{title}: {words}")
        else:
            screen = headed(title, "option", "what flips it", "")
            for row in rows_of(mine):
                screen.add_row(f"{row.facility}:{row.option}", row.words, "" if row.closed else "not closed")
            out.print(screen)
        if key["left_out"]:
            out.print(f"  the plans differ in {key['left_out']} options more: --count, or --option")
    _troubles(out, found)
    note = (
        "proved at each value that is named; open: the gap does not decide there. What changes twice between two "
        "values that were looked at is not seen"
    )
    out.print(note, style="dim")


def _troubles(out: Brief, found: Flips) -> None:
    rows = found.values.drop_duplicates(["key", "value"])
    for row in rows_of(rows[rows["status"] != "solved"]):
        why = "" if pd.isna(row.why) else f": {row.why}"
        out.print(f"{row.key} = {digits(row.value, 6)} {row.status}{why}", style="yellow")
