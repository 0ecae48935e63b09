"""What a cut list says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import Span, number_of, plan_beside, tonnes, usd
from optimizer.budgeting import CutList
from optimizer.budgeting.cut_tables import NESTED
from optimizer.budgeting.told import EXPECTED
from optimizer.plan.columns import rows_of

SHOWN = 30
MARKETS, MOVES, ROWS = 4, 4, 12
TOLD = 0.5
"""Tonnes from which a difference is shown."""


def say(out: Brief, found: CutList) -> None:
    """What a cut list says."""
    info = found.info
    style = {"done": "bold", "partial": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style)
    if found.levels.empty:
        if info["status"] == "infeasible":
            out.print("optimizer solve says what cannot be met")
        return
    spends = info["spends"]
    steps = f", price steps {usd(spends['price_steps'])}" if spends.get("price_steps") else ""
    out.print(
        f"the plan costs {usd(info['cost'])}; what is cut is {info['money']}: {usd(info['of_which_counts'])}\n"
        f"  public capex {usd(spends['grants'])} of {usd(spends['capex'])}, "
        f"public stockpiles {usd(spends['stock'])}{steps}",
    )
    if info["baseline"] is not None:
        out.print(f"differences are to {plan_beside(info['baseline'])}")
    _levels(out, found)
    for row in rows_of(found.levels):
        _level(out, row, spends["stock"])
    _service(out, found)
    _order(out, found)
    _years(out, found)
    _chain(out, info)


def _levels(out: Brief, found: CutList) -> None:
    done = found.levels[found.levels["status"] == NESTED]
    if done.empty:
        return
    channels = [name.removeprefix("more_") for name in done.columns if str(name).startswith("more_")]
    heads = ("cut", "left", "public capex", "stockpiles", "options", "costs more",
             *(f"t more short, {channel}" for channel in channels), "served less in some year",
             "nesting costs")  # fmt: skip
    table = headed("\nNested portfolios: each a part of the one above it", *heads, right=heads[:-2])
    for row in rows_of(done):
        markets = [name for name in row.loses_service.split(";") if name]
        more = f" and {len(markets) - MARKETS} more" if len(markets) > MARKETS else ""
        table.add_row(
            f"-{row.cut:g} %", usd(row.most), usd(row.grants), usd(row.stock), str(row.options), usd(row.costs_more),
            *(_tonnes(getattr(row, f"more_{channel}")) for channel in channels),
            ", ".join(markets[:MARKETS]) + more or "none", _between(row.nesting_at_least, row.nesting_at_most),
        )  # fmt: skip
    out.print(table)
    note = "nesting costs: more than the best portfolio, of any options, for the same money; as both gaps allow"
    out.print(note, style="dim")


def _tonnes(amount: float) -> str:
    return "0" if abs(amount) < 0.01 else tonnes(amount)


def _between(least: Any, most: Any) -> str:
    low, high = number_of(least), number_of(most)
    if low is None or high is None:
        return Span(f"at least {usd(low)}", low, None) if low else "not known"
    if usd(low) == usd(high):
        return usd(low)
    return Span(f"at most {usd(high)}", None, high) if low == 0 else Span(f"{usd(low)} to {usd(high)}", low, high)


def _level(out: Brief, row: Any, stock: float) -> None:
    """A cut in words: what goes, what moves, what the best for the money would do instead; what is missing.

    Args:
        out: what it is told to.
        row: of `levels`.
        stock: what the plan spends on public stockpiles, USD.
    """
    name = f"-{row.cut:g} %"
    if row.status == NESTED:
        words = [f"gives up {_some(row.gives_up)}" if row.gives_up else "gives up no option"]
        if abs(stock - row.stock) >= 1.0:
            how = "less" if stock > row.stock else "more"
            words.append(f"public stockpiles spend {usd(abs(stock - row.stock))} {how} than in the plan")
        moves = row.moves.split(";") if row.moves else []
        words += [f"moves {', '.join(moves)}"] if 0 < len(moves) <= MOVES else []
        words += [f"moves {len(moves)} to other years (funded.csv)"] if len(moves) > MOVES else []
        least = number_of(row.nesting_at_least) or 0.0
        if least > 0 and (row.best_funds_instead or row.best_leaves_out):
            other = [f"with {_some(row.best_funds_instead)}"] if row.best_funds_instead else []
            other += [f"without {_some(row.best_leaves_out)}"] if row.best_leaves_out else []
            words.append(f"the best for the money is {' and '.join(other)}")
        out.print(f"  {name} {'; '.join(words)}")
        return
    said = {
        "no plan": "no portfolio at all meets what must be met",
        "only with other options": "no portfolio within the plan's options meets what must be met; one of others does",
        "not found": "no nested portfolio was found in the time given",
    }
    text = f"  {name} {said[row.status]}, with {usd(row.most)}" if row.status else f"  {name} not reached"
    out.print(text, style="bold red")
    for line in row.missing.split("; ") if row.missing else ():
        out.print(f"      {line}")


def _some(words: str) -> str:
    names = words.split(";")
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _service(out: Brief, found: CutList) -> None:
    """T more short on the mean over the horizon, by market and product; targets missed, by stockpile and material."""
    short = found.short[found.short["future"] == EXPECTED]
    frames = [(["channel", "market", "product"], short), (["stockpile", "material"], found.targets)]
    titles = ("\nMore short, t over the horizon on the mean", "\nMore missing to targets, t, in the worst year")
    cuts_ = list(found.levels.loc[found.levels["status"] == NESTED, "cut"])
    for title, (by, frame), worst in zip(titles, frames, (False, True), strict=True):
        grouped = frame.groupby([*by, "cut"], as_index=False, sort=False)["more"]
        sums = grouped.max() if worst else grouped.sum()
        rows = []
        for key, mine in sums.groupby(by, sort=False):
            more = dict(zip(mine["cut"], mine["more"], strict=True))
            if max(map(abs, more.values())) >= TOLD:
                rows.append(([*map(str, key)], [more.get(cut, 0.0) for cut in cuts_]))
        if not rows:
            continue
        table = headed(title, *by, *(f"-{cut:g} %" for cut in cuts_), right=tuple(f"-{cut:g} %" for cut in cuts_))
        rows.sort(key=lambda row: (0 if worst else _rank(found, row[0][0]), -max(map(abs, row[1]))))
        for words, amounts in rows[: out.most(ROWS)]:
            table.add_row(*words, *map(_tonnes, amounts))
        out.print(table)
        if len(rows) > out.most(ROWS):
            out.print(f"... and {len(rows) - out.most(ROWS)} more in {'targets' if worst else 'short'}.csv")


def _rank(found: CutList, channel: str) -> int:
    """Place of a channel, the strictest first: that of its column."""
    return list(found.levels.columns).index(f"more_{channel}")


def _order(out: Brief, found: CutList) -> None:
    if found.order.empty:
        return
    heads = ("", "option", "goes at", "saves", "costs, alone", "USD per USD saved", "")
    table = headed("\nThe list: the first to give up first", *heads, right=("", *heads[3:6]))
    for row in rows_of(found.order.head(out.most(SHOWN))):
        low, high = number_of(row.costs_at_least), number_of(row.costs_at_most)
        costs = "-" if high is None else usd(high)
        if high is not None and usd(low) != usd(high):
            costs = Span(f"{usd(low)} to {usd(high)}", low, high)
        price = "" if pd.isna(row.per_usd) else f"{row.per_usd:,.2f}"
        table.add_row(str(row.rank), f"{row.facility}:{row.option}", row.goes, usd(row.saves), costs, price, row.note)
    out.print(table)
    if len(found.order) > out.most(SHOWN):
        out.print(f"... and {len(found.order) - out.most(SHOWN)} more in order.csv")
    note = "costs, alone: given up by itself from the portfolio before that cut, with all that is left planned anew"
    out.print(note, style="dim")


def _years(out: Brief, found: CutList) -> None:
    """What is saved in each year, over all accounts of public money; of capex where that is cut."""
    table = found.outlay
    if found.info["of"] != "capex":
        table = table[table["account"] != "private capex"]
    if table.empty:
        return
    names = [f"{share:g}" for share in dict.fromkeys(table["cut"])]
    money = "public outlay" if found.info["of"] != "capex" else "capex and public stockpiles"
    heads = ("year", "before", *(f"-{name} %" for name in names))
    screen = headed(f"\nSaved by year, {money}", *heads, right=heads)
    for year, mine in table.groupby("year"):
        before = mine[mine["cut"] == mine["cut"].iloc[0]]["before"].sum()
        saved = mine.groupby("cut", sort=False)["saved"].sum()
        screen.add_row(str(year), usd(before), *(usd(float(saved.get(float(name), 0.0))) for name in names))
    out.print(screen)


def _chain(out: Brief, info: dict[str, Any]) -> None:
    chain = info["chain"]
    if chain is None:
        return
    weights = "" if len(set(info["weights"])) == 1 else ", weighted"
    text = f"\nno other nesting costs less by more than {usd(chain['could_save_usd'])}, over all cuts together{weights}"
    out.print(text, style="dim")
