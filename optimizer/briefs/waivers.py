"""What waivers say."""

from __future__ import annotations

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import number_of, usd
from optimizer.plan.columns import rows_of
from optimizer.waiving import Waivers

SHOWN = 20
STYLES = {"saves": "bold", "restores a plan": "bold", "within the gap": "yellow", "cannot be waived alone": "dim"}


def say(out: Brief, found: Waivers) -> None:
    """What waivers say."""
    info, base = found.info, found.info["base"]
    if base["objective"] is None:
        out.print(f"{info['instance']}: {base['status']} with all its conditions", style="bold red")
    else:
        words = f"{info['instance']}: base plan {usd(base['objective'])}, gap {usd(base['gap_usd'])}"
        out.print(words, style="bold")
    if info["stopped_early"]:
        out.print("stopped early; call it again with the same folder to go on", style="yellow")
    _table(out, "\nConditions, each gone whole", found.conditions)
    _table(out, "\nSingle waivers", found.single)
    note = "saves: the base's least cost less that without it; at least and at most as both gaps allow"
    out.print(note, style="dim")


def _table(out: Brief, title: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    told = frame[frame["verdict"] != "nothing"]
    nothing = frame[frame["verdict"] == "nothing"]
    heads = ("without", "verdict", "saves at least", "at most", "comes", "goes")
    table = headed(title, *heads, right=heads[2:4])
    for row in rows_of(told.head(out.most(SHOWN))):
        verdict = row.verdict or "not reached"
        cells = (
            row.label,
            verdict,
            usd(number_of(row.saves_at_least)),
            usd(number_of(row.saves_at_most)),
            row.comes,
            row.goes,
        )
        table.add_row(*cells, style=STYLES.get(verdict))
    if len(told):
        out.print(table)
    if len(told) > out.most(SHOWN):
        out.print(f"... and {len(told) - out.most(SHOWN)} more in waivers.csv")
    if len(nothing):
        names = ", ".join(nothing["key"].head(SHOWN))
        more = f" and {len(nothing) - SHOWN} more" if len(nothing) > SHOWN else ""
        out.print(f"save nothing, proved: {names}{more}")
    for row in rows_of(told[told["verdict"] == "cannot be waived alone"]):
        out.print(f"{row.key} cannot be waived alone: {row.why}", style="dim")
