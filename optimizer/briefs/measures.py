"""What a study of measures says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, Grid, headed
from optimizer.briefs.words import number_of, tonnes, usd
from optimizer.effectiveness import Measures
from optimizer.effectiveness.measure import GROUPS
from optimizer.effectiveness.tables import DONE
from optimizer.plan.columns import rows_of

SHOWN = 40
SMALL = 1e-3
"""Share of the stock, or of what is short, that is not worth a word."""


def say(out: Brief, found: Measures, *, outlay: bool = False) -> None:
    """What a study of measures says.

    Args:
        out: keeps it.
        found: the study.
        outlay: tell public outlay by year and recipient.
    """
    several = found.measures["plan"].nunique() > 1
    for name, mine in found.measures.groupby("plan", sort=False):
        _plan(out, found, str(name), mine, several=several)
    if outlay:
        for name, mine in found.outlay.groupby("plan", sort=False):
            _outlay(out, mine, f" of {name}" if several else "")
    for name, mine in found.owed.groupby("plan", sort=False):
        _owed(out, mine, f" of {name}" if several else "")
    out.print("last-in values: what more is short with that one measure taken away; they do not add up", "dim")
    out.print("public USD of options and of instruments are the same money seen twice; t are of the horizon", "dim")


def _plan(out: Brief, found: Measures, name: str, mine: pd.DataFrame, *, several: bool) -> None:
    head = found.info["instances"][name] + (f" ({name})" if several else "")
    out.print(f"{head}: what each measure costs, and the shortage that it avoids", style="bold")
    if found.info["status"] == "stopped":
        out.print("stopped early: call it again to go on", style="yellow")
    planned, operated = found.info["short_planned"][name], found.info["short_operated"][name]
    if operated is not None and abs(planned - operated) > max(1.0, 0.01 * planned):
        text = f"operated at least cost {tonnes(operated)} t are short, in the plan's own tables {tonnes(planned)} t"
        out.print(text, style="yellow")
    if not found.info["books"][name] and mine["windfall"].notna().any():
        text = "nothing must pay its way here (finance.viability): no funding is known to depend on an instrument"
        out.print(text, style="yellow")
    channels = [k for k in found.info["tiers"] if mine[f"avoided_{k}"].notna().any()]
    _effects(out, mine, channels)
    _prices(out, mine)
    _notes(out, mine)
    parts = found.authorities[(found.authorities["plan"] == name) & (found.authorities["appropriation"] != "")]
    if len(parts):
        _authorities(out, parts)


def _ordered(mine: pd.DataFrame) -> pd.DataFrame:
    """Kinds as they come; in each what avoids most in the strictest tier, then in all."""
    strictest = [number_of(row[f"avoided_{row['strictest']}"]) or 0.0 for _, row in mine.iterrows()]
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(mine["kind"]))}
    keyed = mine.assign(_kind=mine["kind"].map(kinds), _first=strictest)
    return keyed.sort_values(["_kind", "_first", "avoided"], ascending=[True, False, False], kind="stable")


def _effects(out: Brief, mine: pd.DataFrame, channels: Sequence[str]) -> None:
    """Tonnes avoided by tier, and what it costs."""
    numbers = [
        "public, discounted", "system, discounted", *(f"t avoided, {k}" for k in channels),
        *(f"in the worst, {k}" for k in channels),
    ]  # fmt: skip
    table = headed("\nShortage avoided, on the mean over futures and in the worst", "measure", *numbers, "worst future",
                   right=tuple(numbers))  # fmt: skip
    for _, row in _ordered(mine).head(out.most(SHOWN)).iterrows():
        cells = [_usd(row["outlay_discounted"]), _usd(row["system"])]
        cells += [_t(row[f"{what}_{k}"]) for what in ("avoided", "worst_avoided") for k in channels]
        table.add_row(_named(row), *cells, row["worst"] if isinstance(row["worst"], str) else "")
    _shown(out, table, len(mine))


def _prices(out: Brief, mine: pd.DataFrame) -> None:
    """USD per tonne, of capacity and of shortage avoided."""
    first = str(mine["strictest"].iloc[0])
    numbers = (
        "capacity", "public a t of capacity", "public a t avoided", "system a t avoided", f"public a t, {first}",
        f"system a t, {first}",
    )  # fmt: skip
    table = headed("\nUSD per tonne", "measure", *numbers, "windfall", right=(*numbers, "windfall"))
    for _, row in _ordered(mine).head(out.most(SHOWN)).iterrows():
        capacity = number_of(row["capacity"])
        size = "" if capacity is None else f"{tonnes(capacity)} {row['unit']}"
        names = (
            "public_per_capacity", "public_per_avoided", "system_per_avoided", "public_per_strictest",
            "system_per_strictest",
        )  # fmt: skip
        windfall = number_of(row["windfall"])
        table.add_row(
            _named(row), size, *(_usd(row[name]) for name in names), "" if windfall is None else usd(windfall)
        )
    _shown(out, table, len(mine))


def _notes(out: Brief, mine: pd.DataFrame) -> None:
    """What a reader of single rows must know."""
    for row in rows_of(mine):
        kept = number_of(row.stock_kept)
        if row.status != DONE:
            out.print(f"{row.kind} {row.measure}: {row.status}", style="yellow")
        elif kept is not None and kept < 1.0 - SMALL:
            text = f"{row.kind} {row.measure}: without it {kept:.1%} of the plan's stock can be kept"
            out.print(text, style="yellow")
    idle = mine[mine["windfall"].notna() & (mine["options"].isna())]
    if len(idle):
        out.print(
            f"no funding depends on {', '.join(idle['measure'])}: they avoid nothing, and what they pay is windfall"
        )


def _authorities(out: Brief, parts: pd.DataFrame) -> None:
    """What appropriations pay for measures."""
    table = headed("\nPaid by appropriations, undiscounted", "measure", "appropriation", "USD", right=("USD",))
    for _, row in parts.head(out.most(SHOWN)).iterrows():
        table.add_row(_named(row), row["appropriation"], usd(row["usd"]))
    _shown(out, table, len(parts), "authorities.csv")


def _outlay(out: Brief, mine: pd.DataFrame, of: str) -> None:
    """Public outlay, every dollar once."""
    heads = ("year", "appropriation", "account", "instrument", "recipient", "for", "USD", "dollars of the year")
    table = headed(f"\nPublic outlay{of}", *heads, right=("year", *heads[6:]))
    for row in rows_of(mine.head(out.most(SHOWN))):
        words = (row.appropriation, row.account, row.instrument, row.recipient, row.item)
        table.add_row(str(row.year), *words, usd(row.usd), usd(row.nominal))
    table.add_row("all", "", "", "", "", "", usd(float(mine["usd"].sum())), usd(float(mine["nominal"].sum())))
    _shown(out, table, len(mine), "outlay.csv")


def _owed(out: Brief, mine: pd.DataFrame, of: str) -> None:
    """The most that is owed by each instrument, and that governments stand to lose; books are of the trunk."""
    heads = ("in", "owed at most", "of it at the government's risk")
    table = headed(f"\nOwed{of}, in the year in which it is most, in every future alike", "instrument", *heads,
                   right=heads)  # fmt: skip
    for name, rows in mine.groupby("instrument", sort=False):
        most = rows.sort_values(["public", "usd"], kind="stable").iloc[-1]
        table.add_row(str(name), str(most["year"]), usd(float(most["usd"])), usd(float(most["public"])))
    out.print(table)


def _named(row: Any) -> str:
    """A measure in words; an option says itself what it is."""
    return str(row["measure"]) if row["kind"] in GROUPS else f"{row['kind']} {row['measure']}"


def _shown(out: Brief, table: Grid, count: int, file: str = "measures.csv") -> None:
    out.print(table)
    if count > out.most(SHOWN):
        out.print(f"... and {count - out.most(SHOWN)} more in {file}")


def _usd(value: Any) -> str:
    number = number_of(value)
    return "-" if number is None else usd(number)


def _t(value: Any) -> str:
    number = number_of(value)
    return "-" if number is None else tonnes(number)
