"""Tables of plans side by side: what each funds, costs and pays out, whom it serves, what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.plans import SIZE
from optimizer.briefs.words import tonnes, usd
from optimizer.comparison.portfolios import ALL, SOME, options_of
from optimizer.pages.beside.sides import HASH, SMALL, Side
from optimizer.pages.network.courses import Future
from optimizer.pages.page import Page, counted, listed
from optimizer.pages.pictures import percent
from optimizer.plan.columns import rows_of

CENTS = 0.5
"""USD below which two amounts are the same."""
BLANK = "-"
PROVED = "gap, proved"
"""Without a solver."""

Key = tuple[str, str]
"""Facility, option."""


def say(out: Brief, pages: Mapping[str, Page], sides: Sequence[Side]) -> None:
    """Every table, as far as the folders have its data.

    Args:
        out: takes them.
        pages: of all plan folders, by name.
        sides: those that hold a plan.
    """
    _plans(out, pages)
    if len(sides) < 2:
        return
    _fundings(out, sides)
    _costs(out, sides)
    _outlay(out, sides)
    _service(out, sides)
    _stock(out, sides)


def funded(side: Side) -> dict[Key, Any]:
    """What a plan funds before it is known which future comes, by facility and option."""
    return {(row.facility, row.option): row for row in rows_of(side.plan.portfolio)}


def split(sides: Sequence[Side]) -> tuple[list[Key], dict[Key, list[str]]]:
    """What all plans fund, and what only some fund with their names."""
    found = options_of({side.name: side.plan for side in sides})
    every = [(row.facility, row.option) for row in rows_of(found[found["funded_in"] == ALL])]
    some = [(row.facility, row.option) for row in rows_of(found[found["funded_in"] == SOME])]
    return every, {key: [side.name for side in sides if key in funded(side)] for key in some}


def moved(sides: Sequence[Side], every: Iterable[Key]) -> tuple[list[Key], list[Key]]:
    """Of what all plans fund: what is not funded in the same year, and what in another size or at another price."""
    rows = [funded(side) for side in sides]
    years, sizes = [], []
    for key in every:
        mine = [row[key] for row in rows]
        if len({int(row.funded) for row in mine}) > 1:
            years.append(key)
        elif any(
            abs(one.capacity - mine[0].capacity) > SMALL or abs(one.capex - mine[0].capex) > CENTS for one in mine
        ):
            sizes.append(key)
    return years, sizes


def outlay_of(side: Side) -> dict[int, float]:
    """Public outlay by year, USD, undiscounted."""
    return {int(str(year)): float(value) for year, value in side.plan.outlay.groupby("year")["usd"].sum().items()}


def _plans(out: Brief, pages: Mapping[str, Page]) -> None:
    proofs = any(page.proof is not None for page in pages.values())
    heads = ("plan", "instance", "SHA-256", "made", "status", "measure", "cost", "gap")
    more = ("options", "capex", "verifies")
    right = ("cost", "gap", PROVED, "options", "capex")
    table = headed("The plans", *heads, *((PROVED,) if proofs else ()), *more, right=right)
    for name, page in pages.items():
        plan = page.plan
        if plan is None:
            continue
        info = plan.info
        state, made = str(info.get("instance_sha256"))[:HASH], str(info.get("made") or BLANK)[:10]
        words = (name, plan.instance.name, state, made, plan.status.replace("_", " "))
        if not plan.tables:
            table.add_row(*words, *([BLANK] * (7 if proofs else 6)))
            continue
        table.add_row(
            *words,
            measure_of(plan.info),
            usd(plan.objective),
            usd(info.get("gap_usd")),
            *((_proved(page),) if proofs else ()),
            str(len(plan.portfolio)),
            usd(float(plan.portfolio["capex"].sum())),
            "yes" if info["verdict"]["ok"] else "no",
        )
    out.print(table)


def _proved(page: Page) -> str:
    """How far from the least the plan is at most, as it is proved without a solver."""
    proof = page.proof
    if proof is None:
        return BLANK
    if proof.proof is None or proof.bound_usd is None:
        return "does not hold"
    return usd(max(0.0, proof.proof.objective_usd - proof.bound_usd))


def measure_of(info: Mapping[str, Any]) -> str:
    """The measure of cost that a plan is best by."""
    return str(info["risk"]["measure"]).replace("_", " ")


def _fundings(out: Brief, sides: Sequence[Side]) -> None:
    every, some = split(sides)
    years, sizes = moved(sides, every)
    other = [*years, *sizes]
    out.print("\nWhat is funded", style="bold")
    _options(out, "Funded by some of the plans only", sides, list(some))
    _options(out, "Funded by all, but in another year, size or at another price", sides, other)
    alike = [key for key in every if key not in set(other)]
    rows = funded(sides[0])
    heads = ("facility", "option", "stage", "country", "funded", "on line", SIZE, "capex")
    table = headed("Funded by all alike", *heads, right=heads[4:])
    for key in sorted(alike, key=lambda one: (int(rows[one].funded), one)):
        row = rows[key]
        table.add_row(*_named(row), str(row.funded), str(row.online), tonnes(row.capacity), usd(row.capex))
    if alike:
        out.print(table)
    for side in sides:
        if count := len(side.plan.reactions):
            out.print(f"{side.name}: its branches fund {counted(count, 'option')} more, which its own page lists.")


def _options(out: Brief, title: str, sides: Sequence[Side], keys: Sequence[Key]) -> None:
    if not keys:
        out.print(f"{title}: nothing.")
        return
    rows = [funded(side) for side in sides]
    shown: dict[str, Callable[[Any], str]] = {
        "funded": lambda row: str(row.funded),
        "on line": lambda row: str(row.online),
        SIZE: lambda row: tonnes(row.capacity),
        "capex": lambda row: usd(row.capex),
    }
    heads = tuple(f"{side.name}: {head}" for head in shown for side in sides)
    table = headed(title, "facility", "option", "stage", "country", *heads, right=heads)
    for key in sorted(keys, key=lambda one: (min(int(row[one].funded) for row in rows if one in row), one)):
        cells = [words(mine[key]) if key in mine else BLANK for words in shown.values() for mine in rows]
        table.add_row(*_named(next(row[key] for row in rows if key in row)), *cells)
    out.print(table)


def _named(row: Any) -> tuple[str, str, str, str]:
    return str(row.facility), str(row.option), str(row.stage), str(row.country)


def _costs(out: Brief, sides: Sequence[Side]) -> None:
    """Expected discounted cost; its categories in the order of their largest amounts."""
    parts = [{str(name): float(value) for name, value in side.plan.info["cost"].items()} for side in sides]
    names = dict.fromkeys(name for mine in parts for name in mine)
    order = sorted(names, key=lambda name: -max(abs(mine.get(name, 0.0)) for mine in parts))
    heads = tuple(side.name for side in sides)
    table = headed("\nExpected cost by category, discounted", "category", *heads, right=heads)
    for name in order:
        table.add_row(name.replace("_", " "), *(usd(mine.get(name, 0.0)) for mine in parts))
    table.add_row("in all", *(usd(sum(mine.values())) for mine in parts), style="bold")
    out.print(table)


def _outlay(out: Brief, sides: Sequence[Side]) -> None:
    heads = tuple(side.name for side in sides)
    sums = [outlay_of(side) for side in sides]
    if not any(sums):
        out.print("Public outlay: none in any of the plans.")
        return
    table = headed("\nPublic outlay by year, undiscounted", "year", *heads, right=("year", *heads))
    for year in sorted({year for mine in sums for year in mine}):
        table.add_row(str(year), *(usd(mine.get(year, 0.0)) for mine in sums))
    table.add_row("in all", *(usd(sum(mine.values())) for mine in sums), style="bold")
    out.print(table)
    by = [side.plan.outlay.groupby(["account", "instrument"])["usd"].sum() for side in sides]
    names = dict.fromkeys((str(account), str(instrument)) for mine in by for account, instrument in mine.index)
    table = headed("\nPublic outlay by account, over the horizon", "account", "instrument", *heads, right=heads)
    for name in names:
        table.add_row(*name, *(usd(float(mine.get(name, 0.0))) for mine in by))
    out.print(table)


def _service(out: Brief, sides: Sequence[Side]) -> None:
    """Share delivered by market and year, undisturbed and in each plan's worst future."""
    years = sorted({year for side in sides for year in side.periods})
    heads = tuple(map(str, years))
    title = "\nService by market, without a disruption and in the worst future of each plan"
    table = headed(title, "market", "channel", "in", "plan", *heads, right=heads)
    full: list[str] = []
    for name in dict.fromkeys(name for side in sides for name in side.markets()):
        at = [*((side, side.futures[0]) for side in sides), *((side, bad) for side in sides if (bad := _worst(side)))]
        rows = [(side, future, _shares(side, future, name)) for side, future in at]
        told = [share for _, _, shares in rows for share in shares.values()]
        if not told:
            continue
        words = next(one.name or name for side in sides if (one := side.plan.instance.markets.get(name)))
        if all(percent(share) == percent(1.0) for share in told):
            full.append(words)
            continue
        for side, future, shares in rows:
            market = side.plan.instance.markets.get(name)
            cells = [percent(shares[year]) if year in shares else BLANK for year in years]
            table.add_row(words, BLANK if market is None else market.channel, told_of(future), side.name, *cells)
    if table.rows:
        out.print(table)
    if full:
        when = "without a disruption and in its worst future"
        out.print(f"Served in full by every plan in every year, {when}: {listed(full, 20)}.")


def told_of(future: Future) -> str:
    """A future in words."""
    return f"{future.name} ({future.when})" if future.when else future.name


def _worst(side: Side) -> Future | None:
    """The worst future where it is another than the undisrupted one."""
    return None if side.worst == side.futures[0] else side.worst


def _shares(side: Side, future: Future, market: str) -> dict[int, float]:
    cells = side.served(future, [market])
    return {year: 1.0 - short / demand for year, (demand, short) in cells.items() if demand > SMALL}


def _stock(out: Brief, sides: Sequence[Side]) -> None:
    """What counts of what each target asks for, by year, on the trunk."""
    asked = [side.plan.targets[side.plan.targets["level"] > SMALL] for side in sides]
    years = sorted({int(year) for mine in asked for year in mine["period"]})
    if not years:
        return
    heads = tuple(map(str, years))
    title = "\nStock that counts of what targets ask for, t, at the end of each year without a disruption"
    table = headed(title, "stockpile", "material", "channel", "plan", *heads, right=heads)
    keys = ["stockpile", "target", "material", "channel"]
    cells: dict[tuple[Any, ...], dict[tuple[str, int], str]] = {}
    for side, mine in zip(sides, asked, strict=True):
        for row in rows_of(mine):
            key = tuple("" if pd.isna(value) else value for value in (getattr(row, name) for name in keys))
            words = f"{tonnes(row.level - row.short)} of {tonnes(row.level)}"
            cells.setdefault(key, {})[side.name, int(row.period)] = words
    for (stockpile, _, material, channel), held in cells.items():
        for side in sides:
            told = (held.get((side.name, year), "none asked") for year in years)
            table.add_row(str(stockpile), str(material), str(channel) or "any", side.name, *told)
    out.print(table)
